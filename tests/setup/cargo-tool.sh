#!/usr/bin/env bash
# cargo-tool.sh CRATE VERSION BINARY: installs one program from the crates registry into
# .tools/CRATE-VERSION/bin, for this project alone. The version is in the path, so a new one is
# installed beside the old one and a make target on the binary needs no stamp.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
source "$(dirname "$0")/common.sh"

crate=$1 version=$2 binary=$3
has cargo || fail "Rust is missing." "Install it with rustup (see rustup's own pages), then run make again."
has cc || fail "a C compiler (cc) is missing; Rust links with it." "On Debian, as root: apt-get install gcc libc6-dev"
[[ -n $version ]] || fail "Cargo.lock names no version for $crate." "Restore it: git checkout Cargo.lock"

# Both tools share one target folder: what one compiled the other reuses, and an interrupted
# installation goes on where it stopped. Optimising them hard would take longer than it ever saves.
quiet=--quiet # a terminal gets cargo's progress bar, a log does not need two hundred crates' names
if [[ -t 2 ]]; then quiet=; fi
say "Compiling $crate $version into .tools, once: one to three minutes"
CARGO_TARGET_DIR="$PWD/.tools/target" CARGO_PROFILE_RELEASE_OPT_LEVEL=1 CARGO_PROFILE_RELEASE_LTO=off \
  cargo install "$crate" --version "=$version" --locked --bin "$binary" \
  --root ".tools/$crate-$version" ${quiet:+"$quiet"} >&2 ||
  fail "$crate $version could not be installed." \
    "Its own message is above. It needs the crates registry, a C compiler and about 1 GB of disk."
