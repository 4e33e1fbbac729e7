# make demo, make test: each does all its own set-up on Debian or Ubuntu with a Rust toolchain.
# One target folder for all clones on this machine, so that the heavy dependencies are built once.
export CARGO_TARGET_DIR ?= $(HOME)/.cache/tidemill/target
CARGO_FLAGS ?=

PREFIX ?= $(HOME)/.local

# Flags of the benches, e.g. make bench-nexmark BENCH="q0 q11 --events 5000000".
BENCH ?=
TIDEMILL = $(CARGO_TARGET_DIR)/release/tidemill

.PHONY: demo install test build setup bench bench-nexmark bench-keys bench-latency bench-scale bench-log bench-functions bench-profile bench-peers bench-docs

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

# Everything but the peers: about twenty minutes. docs/performance.md says what each is.
bench: bench-log bench-functions bench-nexmark bench-keys bench-latency bench-scale

bench-nexmark: build
	$(TIDEMILL) bench nexmark $(BENCH)

bench-keys: build
	$(TIDEMILL) bench keys --memory 536870912 --keys 10000,1000000,10000000,100000000 $(BENCH)

bench-latency: build
	$(TIDEMILL) bench latency $(BENCH)

bench-scale: build
	$(TIDEMILL) bench scale queries $(BENCH)
	$(TIDEMILL) bench scale partitions $(BENCH)
	$(TIDEMILL) bench scale restart $(BENCH)

bench-log: build
	$(TIDEMILL) bench log $(BENCH)

bench-functions: build
	$(TIDEMILL) bench functions $(BENCH)

# Where a query's time goes, by function: BENCH=q18 names the query.
bench-profile: build
	@command -v perf >/dev/null || { echo "there is no perf (apt-get install linux-perf)" >&2; exit 1; }
	$(TIDEMILL) bench nexmark $(or $(BENCH),q0) --rounds 1 --through 'perf record -q -g -F 499 -o perf.data'
	perf report -i perf.data --stdio --no-children -g none --percent-limit 0.5 2>/dev/null | grep -v '^$$'

# Apache Flink and Kafka Streams beside it; BENCH="--minutes 10" limits the time.
bench-peers: build
	TIDEMILL=$(TIDEMILL) python3 tests/bench/peers/run.py $(BENCH)

# RocksDB's bindings need libclang.
setup:
	@sh .ci/setup

# Measures the tables of docs/performance.md again; BENCH="latency" only those whose command has the word.
bench-docs: build
	python3 tests/bench/refresh.py $(TIDEMILL) $(BENCH)
