# make demo, make test: each does all its own set-up on Debian or Ubuntu with a Rust toolchain.
# One target folder for all clones on this machine, so that the heavy dependencies are built once.
export CARGO_TARGET_DIR ?= $(HOME)/.cache/tidemill/target
CARGO_FLAGS ?=

PREFIX ?= $(HOME)/.local

.PHONY: demo install test build bench setup

demo: build
	TIDEMILL=$(CARGO_TARGET_DIR)/release/tidemill sh examples/enrichment/demo.sh

# Function names stay, so that a backtrace says something; the tables of lines, five sixths of the file, do not.
install: build
	mkdir -p $(PREFIX)/bin
	strip -S -o $(PREFIX)/bin/tidemill $(CARGO_TARGET_DIR)/release/tidemill

test: setup
	cargo test --release --workspace $(CARGO_FLAGS)

# With the examples the same features are chosen as for the tests, so that nothing is built twice.
build: setup
	cargo build --release --workspace --bins --examples $(CARGO_FLAGS)

bench: setup
	cargo bench --workspace --bench bench

# RocksDB's bindings need libclang.
setup:
	@sh .ci/setup
