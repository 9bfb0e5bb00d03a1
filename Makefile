# A thin front of meson: sets up what a target needs, then hands over. `make help` lists the targets.
BUILD ?= build
MESON_OPTIONS ?=
.DEFAULT_GOAL := build
.PHONY: build demo with-tests test check-all bench lint install clean help

build: $(BUILD)/build.ninja ## build all programs into build/
	@ninja -C $(BUILD)

$(BUILD)/build.ninja:
	@tools/bootstrap build page
	@meson setup $(BUILD) $(MESON_OPTIONS)

demo: ## install what is missing, build, and run the sample strategy once in the folder demo/
	@tools/bootstrap build page
	@$(MAKE) --no-print-directory build
	@tools/demo $(BUILD)

# A folder that was configured before the test library was installed knows no tests.
with-tests: $(BUILD)/build.ninja
	@grep -q '"name"' $(BUILD)/meson-info/intro-tests.json || meson setup --reconfigure $(BUILD)
	@ninja -C $(BUILD)

test: ## install what is missing, build, run every test; closes with N passed, N failed, N skipped
	@tools/bootstrap build page test
	@$(MAKE) --no-print-directory with-tests
	@tools/test-summary $(BUILD) --num-processes 2

check-all: ## the tests under clang and the sanitizers; clang's analyzer; the fuzzers
	@tools/bootstrap build page test lint
	@tools/check-all

bench: build ## measure against the marks (on a machine that does nothing else)
	@tools/bench $(BUILD)

lint: ## layout, layers, links, clang-tidy, cppcheck, shellcheck, a clang build free of warnings
	@tools/bootstrap build page test lint
	@$(MAKE) --no-print-directory with-tests
	@tools/lint $(BUILD)

docs: build ## write docs/reference.md from the program's tables, src/README.md from the files' comments
	@$(BUILD)/systematica explain --markdown > docs/reference.md
	@tools/reading-order > src/README.md

install: build ## install below the prefix that meson was set up with (DESTDIR is honoured)
	@meson install -C $(BUILD) --no-rebuild

clean: ## remove all build folders
	rm -rf build build-*

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))
