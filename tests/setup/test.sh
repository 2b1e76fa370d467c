#!/usr/bin/env bash
# Every check and test, cheapest first, each under a heading with the time it took. The first failure
# ends it. Formatting was checked by make before this, and the tools are installed.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
source "$(dirname "$0")/common.sh"

# step TITLE COMMAND…
step() {
  local title=$1 begun=$SECONDS
  shift
  say "$title"
  "$@" || fail "this failed: $title" "By itself it is: $*"
  say "$title: $((SECONDS - begun)) s"
}

dry_run() {
  local out
  out=$(mktemp -d)
  # A dry run needs no account; its own [build] command finds nothing left to do.
  CI=1 WRANGLER_HIDE_BANNER=true node_modules/.bin/wrangler deploy --dry-run --outdir "$out"
  [[ -s $out/index.js ]] || fail "the dry run wrote no index.js." "Look at what wrangler said above."
  rm -rf "$out"
}

step "clippy" cargo clippy --workspace --all-targets --quiet -- -D warnings
step "rustdoc" env RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --quiet
step "the Worker" make --silent build
step "wrangler deploy --dry-run" dry_run
step "tests, native and end to end" cargo test --workspace
step "the benchmark, one short round" make --silent bench BENCH=--smoke
