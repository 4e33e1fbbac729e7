#!/usr/bin/env python3
"""Where a query's time goes, by part of the engine: a row per query, in percent of all samples of the process, with the CPU time per
record. It needs perf (apt-get install linux-perf).

profile.py TIDEMILL [--events N] QUERY…

A query is one of `tidemill bench nexmark --list`, or `keys-N`: the known keys of `tidemill bench keys --keys N`.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

STATE = ["state::staged", "rocksdb"]
# What a sample belongs to: the first part whose text is in its thread's name, and one of whose functions is in its stack.
PARTS = [
    ("compaction", "rocksdb:", [""]),
    ("files", "state-flush", [""]),
    ("look up", "worker", STATE),
    ("commit", "", STATE),
    ("append", "", ["tidemill::log::Log>::append", "tidemill::log::Log>::flush", "::end_transaction"]),
    ("read", "", ["tidemill::log::Log>::read"]),
    ("decode", "", ["RecordDecoder::decode"]),
    ("encode", "", ["RecordEncoder::encode"]),
    ("batches", "", ["TopicWriter::write", "TopicWriter::flush"]),
    ("records", "", ["TaskInput::fill"]),
    ("hand over", "", ["::hand_over"]),
    ("operators", "", ["tidemill::operators::", "Pipeline::"]),
]
NAMES = [name for name, *_ in PARTS] + ["rest"]


def part_of(sample):
    thread, _, stack = sample.strip().partition("\n")
    for name, named, functions in PARTS:
        if named in thread and any(function in stack for function in functions):
            return name
    return "rest"


def bench(program, query, events, *flags):
    which, name = ["nexmark", query], query
    if query.startswith("keys-"):
        keys = query.removeprefix("keys-")
        which, name = ["keys", "--keys", keys, "--memory", str(512 << 20)], f"{keys} keys, known"
    command = [program, "bench", *which, "--rounds", "1", "--events", str(events), "--output", "json", *flags]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    lines = (json.loads(line) for line in done.stdout.splitlines())
    return next(line for line in lines if line.get("name") == name)


def profile(program, query, events, folder):
    # The time without perf, which takes some of its own.
    found = bench(program, query, events)
    cpu_ns = found["rounds"][0]["cpu_s"] / found["rows"] * 1e9
    data = Path(folder) / "perf.data"
    bench(program, query, events, "--through", f"perf record -q --call-graph dwarf,8192 -F 299 -o {data}")
    script = ["perf", "script", "-i", data, "--no-inline", "-F", "comm,ip,sym"]
    stacks = subprocess.run(script, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True).stdout.split("\n\n")
    counts = dict.fromkeys(NAMES, 0)
    for stack in filter(str.strip, stacks):
        counts[part_of(stack)] += 1
    all_samples = max(sum(counts.values()), 1)
    return f"{cpu_ns:.0f}", [f"{100 * counts[name] / all_samples:.0f}" for name in NAMES]


def main():
    program, *queries = sys.argv[1:]
    events = 1_000_000
    if queries[:1] == ["--events"]:
        events, queries = int(queries[1]), queries[2:]
    print("| query | CPU ns | " + " | ".join(NAMES) + " |")
    print("| --- |" + " --- |" * (len(NAMES) + 1))
    with tempfile.TemporaryDirectory() as folder:
        for query in queries:
            cpu_ns, shares = profile(os.path.abspath(program), query, events, folder)
            print(f"| {query} | {cpu_ns} | " + " | ".join(shares) + " |", flush=True)


main()
