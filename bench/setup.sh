#!/usr/bin/env bash
# Installs what the benchmark needs besides the Worker's own tools: wrk, which makes the load, and the
# packages of the Worker on Hono, pinned by bench/package-lock.json.
set -euo pipefail
# shellcheck source=../tests/setup/common.sh
source "$(dirname "$0")/../tests/setup/common.sh"

[[ $(uname -s) == Linux ]] ||
  fail "the benchmark takes CPU times from Linux." "Run it in a Linux machine or container."

# As root, or through sudo where that needs no password.
as_root() {
  if [[ $(id -u) == 0 ]]; then "$@"; else sudo -n "$@"; fi
}

if ! has wrk; then
  remedy="On Debian or Ubuntu, as root: apt-get update && apt-get install wrk. Elsewhere: your system's package wrk."
  has apt-get || fail "wrk is missing; it makes the load." "$remedy"
  say "Installing wrk"
  log=$(mktemp)
  if ! { as_root apt-get update &&
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends wrk; } &>"$log"; then
    tail -n 20 "$log" >&2
    fail "wrk could not be installed." "$remedy"
  fi
  rm "$log"
fi
# `wrk --version` answers with status 1. The script in bench/load is for 4's interface.
[[ $(wrk --version 2>&1 || true) == *wrk*4.* ]] || fail "this is not wrk 4." "Install wrk 4.1 or newer."

say "Installing Hono and TypeScript into bench/node_modules"
(cd bench && npm ci --no-progress --loglevel=error >&2) ||
  fail "npm could not install the benchmark's packages." "Its own message is above. It needs the npm registry."
