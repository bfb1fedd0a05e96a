SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

NPM_BIN := $(CURDIR)/tests/node_modules/.bin
# What the tests, cargo's among them, find their programs by.
export NODE := $(NPM_BIN)/node
export ALLOCINSTR := $(CURDIR)/target/release/allocinstr
export GOROOT := $(CURDIR)/build/python/go

# Compilers of the fixtures, wat2wasm, a browser, and what reads manual pages. Debian pins LLVM by name.
APT_PACKAGES := clang-22 lld-22 llvm-22 wasi-libc libc++-22-dev-wasm32 libc++abi-22-dev-wasm32 \
	libclang-rt-22-dev-wasm32 wabt chromium groff-base

# What allocinstr-llvm is built with, and what its tests compile with: Debian pins LLVM by name.
APT_PACKAGES_LLVM := llvm-22-dev clang-22 lld-22 llvm-22 wasi-libc g++

BROWSER_PACKAGES := chromium chromium-driver firefox-esr

BROWSER_TESTS = $(wildcard tests/browsers/*.test.mjs)
JS_TESTS = $(filter-out $(BROWSER_TESTS),$(wildcard tests/*.test.mjs tests/*/*.test.mjs \
	fixtures/*/*.test.mjs runtime/web/test/*.test.mjs))

.PHONY: help demo demo-web build build-llvm test test-corpus test-engines test-browsers test-llvm lint format bench \
	fuzz mutants setup-apt setup-browsers setup-llvm setup-npm setup-corpus setup-pip setup-bench setup-fuzz

help: ## what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-12s  %s\n", $$1, $$2 }' Makefile

demo: build setup-npm setup-pip ## instrument gofmt, format Go's own sources, print who allocates
	@$(NODE) demo/gofmt.mjs

PORT ?= 8080
demo-web: build setup-npm ## gofmt in a page, with its top sites as you type: prints the address
	@exec $(NODE) demo/web.mjs --port $(PORT)

build: ## target/release/allocinstr
	cargo build --release --locked

test: build setup-apt setup-npm setup-pip ## all tests, and what they need installed
	cargo test --locked
	$(NODE) --test --test-concurrency=$$(nproc) $(JS_TESTS)

test-corpus: build setup-apt setup-npm setup-corpus ## modules out of npm, by either engine and storage
	$(NODE) --test tests/corpus/static/static.test.mjs
	$(NODE) --test tests/corpus/runs/runs.test.mjs

build-llvm: setup-llvm ## target/release/allocinstr-llvm, by which allocinstr reads and writes LLVM IR
	cargo build --release --locked --package allocinstr-llvm

test-llvm: build build-llvm setup-npm ## LLVM IR: hand-written cases, the C runtime, programs against a tracer
	cargo fmt --package allocinstr-llvm --check
	cargo clippy --release --package allocinstr-llvm --all-targets --locked -- --deny warnings
	cargo test --release --package allocinstr-llvm --locked
	$(NODE) --test --test-concurrency=$$(nproc) tests/llvm/*/*.test.mjs

test-engines: setup-apt setup-npm ## the WebAssembly spec tests, generated modules and threads in wasmtime, instrumented
	cargo test --release --package allocinstr-engine-tests --locked

test-browsers: build setup-browsers setup-npm setup-corpus ## apps, workers and the demo in Chromium and in Firefox
	$(NODE) --test --test-concurrency=$$(nproc) $(BROWSER_TESTS)

lint: setup-npm ## formatting, clippy, eslint, types
	cargo fmt --all --check
	cargo clippy --all-targets --locked -- --deny warnings
	$(NPM_BIN)/prettier --log-level warn --check '**/*.{js,mjs,d.ts}'
	$(NPM_BIN)/eslint --config tests/eslint.config.js --max-warnings 0 .
	$(NPM_BIN)/tsc --project runtime/web

format: setup-npm ## what lint asks of formatting
	cargo fmt --all
	$(NPM_BIN)/prettier --log-level warn --write '**/*.{js,mjs,d.ts}'

bench: build setup-apt setup-npm setup-corpus setup-pip setup-bench ## measure, and keep the table in docs/performance.md
	cargo build --release --locked --example floor
	$(MAKE) --no-print-directory -C bench
	$(NODE) bench/main.mjs $(BENCH_FLAGS)

FUZZ_SECONDS ?= 60
FUZZ_TARGETS := decode instrument_and_validate section_codec model_file
CARGO_FUZZ_VERSION := 0.13.2
CARGO_FUZZ := build/cargo/bin/cargo-fuzz

fuzz: setup-fuzz setup-apt setup-npm ## each of tests/fuzz for FUZZ_SECONDS, from real modules
	cargo run --release --locked --package allocinstr-bad-input --example seeds -- build/fuzz/seeds
	@for target in $(FUZZ_TARGETS); do \
	  mkdir -p "build/fuzz/corpus/$$target"; \
	  $(CARGO_FUZZ) fuzz run --fuzz-dir tests/fuzz --sanitizer none "$$target" \
	    "build/fuzz/corpus/$$target" "build/fuzz/seeds/$$target" -- \
	    -max_total_time=$(FUZZ_SECONDS) -timeout=10 -rss_limit_mb=1024 -malloc_limit_mb=512 -max_len=40000; \
	done

mutants: setup-apt setup-browsers setup-npm setup-pip ## each of tests/mutants must turn its test red
	tests/mutants/run

setup-apt: ## Debian packages that are missing
	@$(call apt_install,$(APT_PACKAGES))

setup-llvm: ## those that allocinstr-llvm and its tests need
	@$(call apt_install,$(APT_PACKAGES_LLVM))

GECKODRIVER_VERSION := 0.37.1
setup-browsers: build/cargo/.geckodriver-$(GECKODRIVER_VERSION) ## Chromium, Firefox and what drives them
	@$(call apt_install,$(BROWSER_PACKAGES))

build/cargo/.geckodriver-$(GECKODRIVER_VERSION):
	cargo install geckodriver --version $(GECKODRIVER_VERSION) --locked --root build/cargo
	@touch $@

define apt_install
	missing=(); \
	for package in $(1); do \
	  dpkg-query --show --showformat '$${db:Status-Status}' "$$package" 2>/dev/null | grep -qx installed \
	    || missing+=("$$package"); \
	done; \
	if [[ $${#missing[@]} -gt 0 ]]; then \
	  sudo=$$([[ $$(id -u) = 0 ]] || echo sudo); \
	  $$sudo apt-get update; \
	  $$sudo env DEBIAN_FRONTEND=noninteractive \
	    apt-get install --yes --no-install-recommends "$${missing[@]}"; \
	fi
endef

setup-fuzz: build/cargo/.cargo-fuzz-$(CARGO_FUZZ_VERSION) ## cargo-fuzz

build/cargo/.cargo-fuzz-$(CARGO_FUZZ_VERSION):
	cargo install cargo-fuzz --version $(CARGO_FUZZ_VERSION) --locked --root build/cargo
	@touch $@

setup-npm: tests/node_modules/.installed ## test programs and Node, from the lockfile

# A platform package that is missing from optionalDependencies is no error to npm.
tests/node_modules/.installed: tests/package.json tests/package-lock.json tests/.npmrc
	npm ci --prefix tests
	$(NODE) --eval 'process.versions.node.split(".")[0] >= 22 || process.exit(1)'
	@touch $@

setup-corpus: tests/corpus/node_modules/.installed ## modules out of npm, from their own lockfile

tests/corpus/node_modules/.installed: tests/corpus/package.json tests/corpus/package-lock.json tests/corpus/.npmrc
	npm ci --prefix tests/corpus --ignore-scripts
	@touch $@

setup-pip: build/python/.installed ## Go's sources, from tests/requirements.txt

build/python/.installed: tests/requirements.txt
	rm -rf build/python
	python3 -m pip install --quiet --disable-pip-version-check --root-user-action ignore \
	  --no-deps --require-hashes --target build/python --requirement $<
	@touch $@

# Debian's binaryen is unpacked and not installed: clang runs a wasm-opt that it finds, which drops names.
BINARYEN := binaryen=108-1
setup-bench: bench/node_modules/.installed build/bench/python/.installed build/bench/binaryen/.installed ## peers and engines to measure against

bench/node_modules/.installed: bench/package.json bench/package-lock.json bench/.npmrc
	npm ci --prefix bench
	@touch $@

build/bench/python/.installed: bench/requirements.txt
	rm -rf $(@D)
	python3 -m pip install --quiet --disable-pip-version-check --root-user-action ignore \
	  --no-deps --require-hashes --target $(@D) --requirement $<
	@touch $@

build/bench/binaryen/.installed:
	rm -rf $(@D)
	mkdir -p $(@D)
	cd $(@D) && apt-get download $(BINARYEN) && dpkg-deb --extract binaryen_*.deb .
	@touch $@
