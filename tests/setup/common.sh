# Sourced by the other scripts of this folder: how they speak and how they fail.
# It starts nothing itself.
# shellcheck shell=bash

# Every script works from the repository's root.
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit

# say TEXT…: one line on what is being done, on stderr so that a script's answer stays alone on stdout.
say() { printf '\033[1m==>\033[0m %s\n' "$*" >&2; }
if [[ ! -t 2 || -n ${NO_COLOR:-} ]]; then say() { printf '==> %s\n' "$*" >&2; }; fi

# fail WHAT REMEDY…: names what is missing, then what to do about it, one line each, and ends.
fail() {
  printf '\nClickjoin: %s\n' "$1" >&2
  shift
  printf '  %s\n' "$@" >&2
  exit 1
}

# has NAME: whether a command is there.
has() { command -v "$1" >/dev/null 2>&1; }

# locked_version CRATE: the version that Cargo.lock holds of a crate.
locked_version() {
  awk -v name="\"$1\"" '$1 == "name" { found = ($3 == name) }
    found && $1 == "version" { gsub(/"/, "", $3); print $3; exit }' Cargo.lock
}
