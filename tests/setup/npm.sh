#!/usr/bin/env bash
# Installs the JavaScript tools that package-lock.json pins into node_modules, and checks that they
# run here. Some of them are programs that their packages ship for one kind of machine.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
source "$(dirname "$0")/common.sh"

has npm || fail "Node and its npm are missing." "Install Node 18 or newer (on Debian, as root: apt-get install nodejs npm)."

say "Installing wrangler, workerd, node, esbuild and binaryen into node_modules: about a minute"
npm ci --no-progress --loglevel=error >&2 || fail "npm could not install the JavaScript tools." \
  "Its own message is above. It needs the npm registry and about 600 MB of disk."

for tool in "node --version" "esbuild --version" "workerd --version" "wasm-opt --version"; do
  # shellcheck disable=SC2086 # the words of the command
  PATH="$PWD/node_modules/.bin:$PATH" node_modules/.bin/$tool >/dev/null ||
    fail "node_modules/.bin/${tool% *} does not run." \
      "If npm is told to ignore install scripts (npm config get ignore-scripts), allow them and run: make distclean && make setup"
done
