#!/usr/bin/env bash
# Puts the built Worker into the user's Cloudflare account, after looking at what must be there first,
# and says which secrets are still missing after.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
source "$(dirname "$0")/common.sh"

wrangler=node_modules/.bin/wrangler

if grep -qE '^id = "0{32}"' wrangler.toml; then
  fail "wrangler.toml still has the placeholder where your KV namespace's id belongs." \
    "Run: npx wrangler kv namespace create CLICKS" \
    "and put the id that it prints under [[kv_namespaces]] in wrangler.toml."
fi
if [[ -z ${CLOUDFLARE_API_TOKEN:-} ]] && ! $wrangler whoami 2>/dev/null | grep -q 'logged in'; then
  fail "wrangler is not logged in to Cloudflare." \
    "Run: npx wrangler login" "or set CLOUDFLARE_API_TOKEN (and CLOUDFLARE_ACCOUNT_ID)."
fi

$wrangler deploy

# Every name that the configuration gives where a secret is meant.
wanted=$(sed -nE 's/^(token|tokens|access_token|admin_token|signing_secret|signing_secrets) *= *([^#]*).*/\2/p' wrangler.toml |
  grep -oE '"[^"]+"' | tr -d '"' | sort -u)
present=$($wrangler secret list 2>/dev/null || echo '[]')
for name in $wanted; do
  if ! grep -q "\"$name\"" <<<"$present"; then
    say "missing: the secret $name. Set it with: npx wrangler secret put $name"
  fi
done
