#!/usr/bin/env bash
# build-worker.sh WORKER_BUILD WASM_BINDGEN: compiles the Worker to build/index.js and
# build/index_bg.wasm and says how large it came out. Installs nothing but the wasm target.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
source "$(dirname "$0")/common.sh"

# Most bytes that the upload may have, gzipped: the wasm and its JavaScript.
most_gzipped=500000

bin="$PWD/node_modules/.bin"
export PATH="$bin:$PATH"

# worker-build would download any of these that it does not find, so each is checked first.
export WASM_BINDGEN_BIN="$PWD/$2" WASM_OPT_BIN="$bin/wasm-opt" ESBUILD_BIN="$bin/esbuild"
for tool in "$1" "$WASM_BINDGEN_BIN" "$WASM_OPT_BIN" "$ESBUILD_BIN"; do
  [[ -x $tool ]] || fail "the tool $tool is missing." "Run: make setup"
done

toolchain=$(tests/setup/wasm-target.sh)
if [[ -n $toolchain ]]; then export RUSTUP_TOOLCHAIN=$toolchain; fi

say "Building the Worker"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# cargo's own lines pass; worker-build's chatter is only worth reading when it failed.
if ! "$1" --release 2> >(tee "$log" | grep --line-buffered -E '^ +(Compiling clickjoin|Finished|Downloading)|^(warning|error)' >&2); then
  cat "$log" >&2
  fail "the Worker did not build." "The compiler's message is above."
fi

# Our own entry goes in front of worker-build's: see its first lines.
mv build/index.js build/shim.js
cp src/edge/entry.js build/entry.js
"$ESBUILD_BIN" build/entry.js --bundle --minify --format=esm --log-level=warning \
  --external:./index_bg.wasm '--external:cloudflare:*' --outfile=build/index.js
rm build/entry.js build/shim.js

# What is uploaded has no names; a copy with them stays beside it, for reading stacks and sizes.
# Sorted by name first, functions that are alike stand together, which gzip likes.
mv build/index_bg.wasm build/named.wasm
"$WASM_OPT_BIN" build/named.wasm -o build/index_bg.wasm \
  -O3 --reorder-functions-by-name --strip-debug --strip-producers

# worker-build moves its files into place with the times it made them: mark the build as done now.
touch build/index_bg.wasm build/index.js
size() { printf '%d KB, %d KB gzipped' "$(($(wc -c <"$1") / 1000))" "$(($(gzipped "$1") / 1000))"; }
gzipped() { gzip -9c "$1" | wc -c; }
say "build/index_bg.wasm $(size build/index_bg.wasm); build/index.js $(size build/index.js)"
# A guard, not a goal: whoever needs more raises it on purpose.
if (($(gzipped build/index_bg.wasm) + $(gzipped build/index.js) > most_gzipped)); then
  fail "the Worker became too large: more than $((most_gzipped / 1000)) KB gzipped." \
    "Look for what grew with build/named.wasm, or raise most_gzipped in $0."
fi
