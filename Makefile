# `make run` starts the demo site, `make test` proves everything. Both fetch what they need first.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help run build test test-core test-peers test-bluetooth test-install deb check docs contract format clean packages
.DELETE_ON_ERROR:

# Every flag of every build of the whole site stands here; the targets' own flags stand in Package.swift.
SWIFT_FLAGS := --explicit-target-dependency-import-check error
# The pure targets alone; a tree of their own, because the package looks different without its dependencies.
CORE := BITTING_PACKAGE=core
CORE_FLAGS := $(SWIFT_FLAGS) --scratch-path .build-core

# Tests that wait for real clocks and descriptors: not beside those that keep every core busy in virtual time.
REAL_TIME := SyncEngineTests\.SyncEngineTests|LockTransportTests|BluetoothPeerTests

SWIFT_SOURCES := Sources Tests Package.swift
PYTHON := .venv/bin/python
# The same tests run once more with the generation of the SDK before, which posts every request.
ENVIRONMENTS := .venv/made-from .venv-2.2/made-from
DEMO_DIR := .demo
LISTEN := 127.0.0.1:8471
# Options for pytest, for example: make test-peers PYTEST="-k osdp -x"
PYTEST :=
# The tests of one file share a daemon and stay together; most of the time they wait.
PEERS = -m pytest Tests/Peers -n 4 --dist loadfile $(PYTEST)
# A part that someone picked may have nothing for one of the environments.
OR_NONE_PICKED = $(if $(PYTEST),|| [ $$? -eq 5 ])
# Files of Tests/Bluetooth, for example: make test-bluetooth FILES=Tests/Bluetooth/test_rig.py
FILES :=
# One guest for each file. Its kernel is built once and kept outside of the checkout.
IN_GUESTS = .ci/install-bluetooth-rig; kernel=$$(Tests/Bluetooth/build_kernel.sh); \
	$(PYTHON) Tests/Bluetooth/suite.py --kernel "$$kernel" --pytest='$(PYTEST)' $(FILES)

# The newest package on boxes of fresh Debian, booted with systemd, two at a time.
IN_BOXES = kernel=$$(Tests/Bluetooth/build_kernel.sh); image=$$(Tests/Install/build_box.sh); \
	package=$$(ls -t dist/bitting_*.deb | head -n 1); $(PYTHON) -m pytest Tests/Install -n 2 --dist loadfile \
	  --kernel "$$kernel" --image "$$image" --package "$$package" $(PYTEST) $(OR_NONE_PICKED)

# The release build has a tree of its own, since its flags differ. Its programs need Debian's libraries alone.
RELEASE := .build-release
RELEASE_FLAGS := $(SWIFT_FLAGS) --scratch-path $(RELEASE) --configuration release --static-swift-stdlib \
	-Xlinker --build-id

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s  %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: build ## Start the demo site on LISTEN (127.0.0.1:8471); it remembers in .demo
	@mkdir -p $(DEMO_DIR)
	@exec .build/debug/bittingd --demo --data-dir $(DEMO_DIR) --listen $(LISTEN)

build: packages ## Build the daemon
	swift build $(SWIFT_FLAGS)

test: packages $(ENVIRONMENTS) ## Pass every test: Swift, then the daemon against peers nobody here wrote
	swift build --build-tests $(SWIFT_FLAGS)
	swift test --skip-build $(SWIFT_FLAGS) --skip '$(REAL_TIME)'
	swift test --skip-build $(SWIFT_FLAGS) --filter '$(REAL_TIME)'
	$(PYTHON) $(PEERS) $(OR_NONE_PICKED)
	.venv-2.2/bin/python $(PEERS) $(OR_NONE_PICKED)
	$(IN_GUESTS)
	$(MAKE) --no-print-directory test-install

test-core: packages .venv/made-from ## Pass the tests of the targets that need no package from outside
	$(CORE) swift test $(CORE_FLAGS)

test-peers: build $(ENVIRONMENTS) ## Pass only the tests with the official SDK and the OSDP reader
	$(PYTHON) $(PEERS) $(OR_NONE_PICKED)
	.venv-2.2/bin/python $(PEERS) $(OR_NONE_PICKED)

test-bluetooth: build .venv/made-from ## Pass only the tests with real Bluetooth, in user-mode Linux; FILES picks some
	$(IN_GUESTS)

# The disk of the box waits for the network most of the time, the package for the compiler.
test-install: packages .venv/made-from ## Pass only the tests of the Debian package, on booted boxes of fresh Debian
	.ci/install-bluetooth-rig
	.ci/install-box-rig
	Tests/Install/build_box.sh > /dev/null & $(MAKE) --no-print-directory deb; wait $$!
	$(IN_BOXES)

deb: packages ## Build the Debian package of this release, and one of its debug symbols, in dist/
	.ci/install-deb-tools
	swift build $(RELEASE_FLAGS) --product bittingd
	swift build $(RELEASE_FLAGS) --product bitting
	packaging/build-deb "$$(swift build $(RELEASE_FLAGS) --show-bin-path)" dist

check: packages ## Check format, C warnings, purity of the core, forbidden words, exposed units, a test for each rule
	swift format lint --strict --recursive --parallel $(SWIFT_SOURCES)
	.ci/check-sources
	.ci/check-units
	.ci/contract --check

format: ## Format all Swift in place
	swift format --in-place --recursive --parallel $(SWIFT_SOURCES)

docs: packages contract ## Write the pages of docs/ that are made from the source
	BITTING_WRITE_DOCS=1 swift test $(SWIFT_FLAGS) --filter "EventCatalogueTests|DeviceHealthTests|ConfigurationDocumentTests"

contract: ## Write docs/contract.md, and tell which rules have no test
	.ci/contract

clean: ## Remove everything that was made here, the demo's memory too
	rm -rf .build .build-core .build-release .build-bluetooth dist .venv .venv-2.2 .demo .pytest_cache Tests/*/__pycache__ Tests/*/.pytest_cache

packages:
	@.ci/install-packages

# Made anew whenever the requirements differ from those it was made from, never because of a time stamp alone.
.venv/made-from: Tests/Peers/requirements.txt Tests/Bluetooth/requirements.txt
.venv-2.2/made-from: Tests/Peers/requirements-2.2.txt
$(ENVIRONMENTS):
	@if ! cmp -s <(cat $^) $@; then \
	  echo "Making the Python environment of the tests in $(@D)"; \
	  python3 -m venv --clear $(@D); \
	  $(@D)/bin/python -m pip install --disable-pip-version-check $(addprefix --requirement ,$^); \
	fi
	@cat $^ > $@
