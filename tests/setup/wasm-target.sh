#!/usr/bin/env bash
# Makes sure that some Rust toolchain on this machine can compile to wasm, and prints its rustup name
# (an empty line: the one in use anyway). Looks first, so it is quick when nothing is missing.
#
# In order: the toolchain in use has the target; rustup adds it; Debian's packaged Rust, whose wasm
# standard library is compiled here once, for machines that reach Debian's packages but not rustup's.
# CLICKJOIN_WASM=debian goes straight to the last, CLICKJOIN_WASM=rustup never goes there.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
source "$(dirname "$0")/common.sh"

readonly TARGET=wasm32-unknown-unknown
readonly DEBIAN=debian # the name rustup knows Debian's Rust by
readonly PACKAGES=(rustc-web cargo-web rust-web-src rust-web-llvm lld-22)

# libdir [+toolchain]: where that toolchain keeps, or would keep, its wasm libraries.
libdir() { rustc "$@" --print target-libdir --target "$TARGET" 2>/dev/null; }

# can_build [+toolchain]: whether its standard library for wasm is there.
can_build() {
  local dir
  dir=$(libdir "$@") && compgen -G "$dir/libstd-*.rlib" >/dev/null
}

by_rustup() {
  has rustup || return 1
  say "Adding the Rust target $TARGET with rustup"
  rustup target add "$TARGET" >&2 && can_build
}

# As root, or through sudo where that needs no password.
as_root() {
  if [[ $(id -u) == 0 ]]; then "$@"; else sudo -n "$@"; fi
}

by_debian() {
  local remedy=(
    "Either let rustup reach the Rust project and run: rustup target add $TARGET"
    "or, on Debian, run as root: apt-get update && apt-get install ${PACKAGES[*]}"
    "and then the same make command again."
  )
  has rustup || fail "rustup is missing, and this Rust cannot compile to wasm." "Install rustup, then run make again."
  has apt-get || fail "the Rust target $TARGET is missing and rustup cannot fetch it." "${remedy[@]}"

  if ! dpkg-query -W "${PACKAGES[@]}" >/dev/null 2>&1; then
    say "Installing Debian's Rust for wasm (${PACKAGES[*]}): under a minute"
    local log
    log=$(mktemp)
    if ! { as_root apt-get update && as_root env DEBIAN_FRONTEND=noninteractive \
      apt-get install -y --no-install-recommends "${PACKAGES[@]}"; } &>"$log"; then
      tail -n 20 "$log" >&2
      fail "Debian's Rust for wasm could not be installed." "${remedy[@]}"
    fi
    rm "$log"
  fi
  rustup toolchain link "$DEBIAN" /usr
  can_build "+$DEBIAN" || build_std
  can_build "+$DEBIAN" || fail "Debian's Rust still cannot compile to $TARGET." "${remedy[@]}"
}

# Compiles the standard library for wasm in a throw-away crate and puts it where rustc looks for it.
# Without the embedded bitcode, link-time optimisation of the Worker would fail.
build_std() {
  local dir work
  dir=$(libdir "+$DEBIAN")
  work=$(mktemp -d)
  # shellcheck disable=SC2064 # the folder's name as it is now
  trap "rm -rf '$work'" EXIT
  say "Compiling Rust's standard library for wasm, once: under a minute"
  mkdir "$work/src"
  printf '#![no_std]\n' >"$work/src/lib.rs"
  printf '[package]\nname = "std-for-wasm"\nversion = "0.0.0"\nedition = "2024"\n[workspace]\n' >"$work/Cargo.toml"
  (
    cd "$work"
    env -u CARGO_BUILD_TARGET CARGO_TARGET_DIR="$work/target" RUSTC_BOOTSTRAP=1 \
      RUSTFLAGS=-Cembed-bitcode=yes \
      cargo "+$DEBIAN" build --release --target "$TARGET" -Z build-std=std,panic_abort >&2
  )
  # libstd is moved last: its presence is what says that all of them are there.
  local libraries="$work/target/$TARGET/release/deps"
  rm "$libraries"/libstd_for_wasm-*.rlib
  mkdir "$work/last"
  mv "$libraries"/libstd-*.rlib "$work/last/"
  as_root mkdir -p "$dir"
  as_root cp "$libraries"/*.rlib "$dir/"
  as_root cp "$work"/last/*.rlib "$dir/.libstd.part"
  as_root mv "$dir/.libstd.part" "$dir/$(basename "$work"/last/*.rlib)"
}

has rustc || fail "Rust is missing." "Install it with rustup (see rustup's own pages), then run make again."
case ${CLICKJOIN_WASM:-} in
debian) ;;
rustup | "")
  if can_build || by_rustup; then
    echo
    exit
  fi
  if [[ ${CLICKJOIN_WASM:-} == rustup ]]; then
    fail "rustup could not add the Rust target $TARGET." "Try it by hand: rustup target add $TARGET"
  fi
  say "rustup cannot fetch the wasm target here: using Debian's Rust for it instead"
  ;;
*) fail "CLICKJOIN_WASM=$CLICKJOIN_WASM is not known." "Use debian, rustup, or leave it out." ;;
esac
by_debian
echo "$DEBIAN"
