# Everything that can be done with this repository. `make` alone lists it.
#
# A recipe here is short; the long ones are scripts in tests/setup/. Whatever a target needs is
# installed by it, pinned, into .tools/ and node_modules/.

SHELL := bash
# --norc: bash started by a program through a socket (wrangler does) would read ~/.bashrc.
.SHELLFLAGS := --norc -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
MAKEFLAGS += --no-builtin-rules

# One place for each version: package-lock.json for the JavaScript tools, Cargo.lock for these.
# worker-build is released together with the worker crate; wasm-bindgen's two halves must be equal.
locked = $(shell awk '$$1 == "name" { found = ($$3 == "\"$(1)\"") } found && $$1 == "version" { gsub(/"/, "", $$3); print $$3; exit }' Cargo.lock)
WORKER_BUILD_VERSION := $(call locked,worker)
WASM_BINDGEN_VERSION := $(call locked,wasm-bindgen)

WORKER_BUILD := .tools/worker-build-$(WORKER_BUILD_VERSION)/bin/worker-build
WASM_BINDGEN := .tools/wasm-bindgen-cli-$(WASM_BINDGEN_VERSION)/bin/wasm-bindgen
NPM_STAMP := node_modules/.clickjoin-installed
BENCH_STAMP := bench/node_modules/.clickjoin-installed
SETUP := $(WORKER_BUILD) $(WASM_BINDGEN) $(NPM_STAMP)

# wrangler wants a newer Node than many machines have: the one in node_modules goes first.
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)
export WRANGLER_SEND_METRICS := false

##@ Every day
.PHONY: help
help: ## this list
	@awk 'BEGIN { FS = ":.*## "; print "Clickjoin: make TARGET" } \
		/^##@ / { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: dev
dev: build ## run Clickjoin here, with a stand-in for TikTok; Ctrl-C ends it
	@cargo run --quiet --package harness --bin dev

.PHONY: demo
demo: build ## one click and five conversions, and what TikTok got of them
	@cargo run --quiet --package harness --bin demo

.PHONY: test
test: fmt-check $(SETUP) ## every check and test, as CI runs them
	tests/setup/test.sh

.PHONY: bench
bench: build $(BENCH_STAMP) ## Clickjoin beside Hono and bare JavaScript: about half an hour; BENCH=--help for less
	@bench/node_modules/.bin/tsc --project bench
	@cargo run --quiet --package bench -- $(BENCH)

.PHONY: bench-native
bench-native: ## the pure parts by themselves, their allocations counted
	@cargo bench --quiet --bench capture --bench event --bench postback

##@ Online
.PHONY: deploy
deploy: build ## put the Worker into your Cloudflare account
	@tests/setup/deploy.sh

##@ Parts of the above
.PHONY: setup
setup: $(SETUP) ## install the tools that are missing
	@tests/setup/wasm-target.sh >/dev/null

.PHONY: build
build: build/index.js ## compile the Worker to build/, when its sources changed

.PHONY: fmt
fmt: ## format the Rust code
	cargo fmt --all

.PHONY: lint
lint: fmt-check ## formatting, clippy and rustdoc, warnings as errors
	cargo clippy --workspace --all-targets --quiet -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --quiet

.PHONY: fmt-check
fmt-check:
	cargo fmt --all --check

.PHONY: clean
clean: ## remove what was built, and the local clicks of `make dev`
	rm -rf build target .wrangler

.PHONY: distclean
distclean: clean ## remove the installed tools too
	rm -rf node_modules bench/node_modules .tools

# Files. Each is made last by its recipe, so that an interrupted one starts again.
# All of src: the page script and the table of countries are compiled in as well.
build/index.js: Cargo.toml Cargo.lock tests/setup/build-worker.sh $(shell find src -type f) | $(SETUP)
	@tests/setup/build-worker.sh $(WORKER_BUILD) $(WASM_BINDGEN)

$(WORKER_BUILD):
	@tests/setup/cargo-tool.sh worker-build "$(WORKER_BUILD_VERSION)" worker-build

$(WASM_BINDGEN):
	@tests/setup/cargo-tool.sh wasm-bindgen-cli "$(WASM_BINDGEN_VERSION)" wasm-bindgen

$(NPM_STAMP): package.json package-lock.json .npmrc
	@tests/setup/npm.sh
	@touch $@

$(BENCH_STAMP): bench/package.json bench/package-lock.json bench/.npmrc | $(NPM_STAMP)
	@bench/setup.sh
	@touch $@
