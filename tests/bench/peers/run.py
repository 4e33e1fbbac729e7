#!/usr/bin/env python3
"""Tidemill beside Apache Flink and Kafka Streams: the same generated records, the same cores, one run.

Systems take turns, there and back (A B B A), so that what changes slowly touches all alike. Each run is a process of its own. The
table shows the median over rounds, and the least and the most: million records read per second, and per CPU-second of all the
processes that the system needs (Kafka Streams' broker included).
"""

import argparse
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
BOTH = ["filter-project", "count-by-auction", "tumbling-by-auction", "hopping-by-auction", "q11", "q18", "q20"]
FLINK_ONLY = ["q0", "q2"]
BOOTSTRAP = "127.0.0.1:19092"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("queries", nargs="*", help=f"of {', '.join(FLINK_ONLY + BOTH)}; all if left out")
    parser.add_argument("--events", type=int, default=2_000_000, help="NEXMark events, 92 %% of them bids")
    parser.add_argument("--rate", type=int, default=10_000, help="events per second of event time")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--minutes", type=float, help="starts no further round after so long")
    parser.add_argument("--cores", default="0,1", help="the cores that every process is pinned to")
    parser.add_argument("--systems", default="tidemill,flink-heap,flink-rocksdb,streams-alo,streams-eos")
    parser.add_argument("--tidemill", default=os.environ.get("TIDEMILL", "tidemill"), help="the program")
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache/tidemill/peers")
    return parser.parse_args()


class Bench:
    def __init__(self, args):
        self.args = args
        self.cores = args.cores.split(",")
        self.folder = Path(tempfile.mkdtemp(prefix="peers-"))
        self.data = self.folder / "data"
        self.broker = None
        self.java = ["java", f"-Dlog4j2.configurationFile={HERE / 'log4j2.xml'}"]
        libs = args.cache / "kafka/libs"
        self.classes = f"{libs}/*:{args.cache / 'kafka/classes'}"
        self.missing = {}

    def pinned(self, command):
        return ["taskset", "-c", self.args.cores, *map(str, command)]

    def output(self, command, **more):
        done = subprocess.run(self.pinned(command), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **more)
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(map(str, command))}\n{done.stdout[-2000:]}{done.stderr[-3000:]}")
        return done.stdout

    def figures(self, command, **more):
        """Runs a command whose last line of output that is JSON says what it took."""
        lines = [line for line in self.output(command, **more).splitlines() if line.startswith("{")]
        return json.loads(lines[-1])

    # The data.

    def generate(self):
        files = self.folder / "files"
        self.output([self.args.tidemill, "bench", "generate", files, "--events", self.args.events,
                     "--rate", self.args.rate, "--partitions", len(self.cores)])
        # Flink reads a folder for each table; the others read files by name.
        for topic in ("bid", "auction"):
            (self.data / topic).mkdir(parents=True)
            for file in files.glob(f"{topic}-*.jsonl"):
                (self.data / topic / file.name).hardlink_to(file)
        self.files = files
        self.rows = {
            topic: sum(sum(1 for _ in open(file)) for file in files.glob(f"{topic}-*.jsonl")) for topic in ("bid", "auction")
        }

    def rows_of(self, query):
        return self.rows["bid"] + (self.rows["auction"] if query == "q20" else 0)

    # The systems.

    def tidemill(self, query):
        command = [self.args.tidemill, "bench", "nexmark", query, "--events", self.args.events, "--rate", self.args.rate,
                   "--partitions", len(self.cores), "--rounds", 1, "--output", "json"]
        lines = map(json.loads, self.output(command).splitlines())
        found = next(line for line in lines if line.get("name") == query)
        return found["rounds"][0]

    def flink(self, query, backend):
        python = self.args.cache / "flink/bin/python"
        environment = dict(os.environ, _JAVA_OPTIONS="-Xmx6g")
        return self.figures([python, HERE / "flink.py", self.data, query, backend, len(self.cores)], env=environment)

    def streams(self, query, guarantee):
        before, written = self.cpu_of_broker(), self.written_by_broker()
        command = [*self.java, "-Xmx4g", "-cp", self.classes, "Streams", "run", BOOTSTRAP, query, guarantee, len(self.cores)]
        figures = self.figures(command)
        figures["cpu_s"] += self.cpu_of_broker() - before
        figures["rss_bytes_max"] += self.rss_of_broker()
        figures["written_bytes"] += self.written_by_broker() - written
        return figures

    def measure(self, system, query):
        if system == "tidemill":
            return self.tidemill(query)
        if system.startswith("flink"):
            return self.flink(query, "hashmap" if system == "flink-heap" else "rocksdb")
        if self.broker is None:
            self.start_broker()
        return self.streams(query, "at_least_once" if system == "streams-alo" else "exactly_once_v2")

    def is_there(self, system):
        if system.startswith("flink"):
            return (self.args.cache / "flink/ready").exists()
        if system.startswith("streams"):
            return (self.args.cache / "kafka/classes/Streams.class").exists()
        return shutil.which(self.args.tidemill) is not None

    # The broker of Kafka Streams: it stays, so that its code is compiled after the first rounds, and idles while others run.

    def start_broker(self):
        properties = self.folder / "kafka.properties"
        if not properties.exists():
            text = (HERE / "kafka.properties").read_text() + f"log.dirs={self.folder / 'kraft'}\n"
            properties.write_text(text)
            tool = [*self.java, "-cp", self.classes, "kafka.tools.StorageTool"]
            cluster = self.output([*tool, "random-uuid"]).strip()
            self.output([*tool, "format", "--standalone", "-t", cluster, "-c", properties])
        flags = ["-Xms1G", "-Xmx1G", "-server", "-XX:+UseG1GC", "-XX:MaxGCPauseMillis=20",
                 "-XX:InitiatingHeapOccupancyPercent=35", "-Djava.awt.headless=true"]
        command = [*self.java, *flags, "-cp", self.classes, "kafka.Kafka", properties]
        log = open(self.folder / "kafka.log", "a")
        self.broker = subprocess.Popen(self.pinned(command), stdout=log, stderr=log)
        topics = [*self.java, "-cp", self.classes, "org.apache.kafka.tools.TopicCommand", "--bootstrap-server", BOOTSTRAP, "--list"]
        deadline = time.monotonic() + 60
        while True:
            done = subprocess.run(self.pinned(topics), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
            if done.returncode == 0:
                break
            if time.monotonic() > deadline or self.broker.poll() is not None:
                raise RuntimeError(f"the broker does not start: {(self.folder / 'kafka.log').read_text()[-2000:]}")
        if "bid" not in done.stdout.split():
            self.output([*self.java, "-cp", self.classes, "Streams", "load", BOOTSTRAP, self.files, len(self.cores)])

    def stop_broker(self):
        if self.broker is not None:
            self.broker.send_signal(signal.SIGTERM)
            self.broker.wait()
            self.broker = None

    def cpu_of_broker(self):
        fields = Path(f"/proc/{self.broker.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def rss_of_broker(self):
        return self.number_of_broker("status", "VmHWM:") * 1024

    def written_by_broker(self):
        return self.number_of_broker("io", "write_bytes:")

    def number_of_broker(self, file, name):
        lines = Path(f"/proc/{self.broker.pid}/{file}").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith(name))

    # The run.

    def run(self):
        wanted = self.args.queries or FLINK_ONLY + BOTH
        systems = []
        for system in self.args.systems.split(","):
            if self.is_there(system):
                systems.append(system)
            else:
                self.missing[system] = "it is not installed; what tests/bench/peers/setup.sh said tells why"
        self.generate()
        found = {}
        start = time.monotonic()
        order = [(query, system) for query in wanted for system in systems
                 if not (system.startswith("streams") and query in FLINK_ONLY)]
        for done in range(self.args.rounds):
            if self.args.minutes and time.monotonic() - start > self.args.minutes * 60:
                print(f"{done} rounds: the time is over", file=sys.stderr)
                break
            for query, system in order:
                if (query, system) in self.missing:
                    continue
                try:
                    found.setdefault((query, system), []).append(self.measure(system, query))
                except RuntimeError as error:
                    self.missing[query, system] = str(error)
                    continue
                took = found[query, system][-1]
                print(f"round {done + 1}: {query:<20} {system:<14} {took['wall_s']:.2f} s", file=sys.stderr, flush=True)
            order.reverse()
        self.show(wanted, systems, found)

    def show(self, wanted, systems, found):
        print(f"{self.args.events} events at {self.args.rate} a second of event time; cores {self.args.cores}; "
              f"load {os.getloadavg()[0]:.1f}\n")
        print("| query | system | rounds | million records/s | per CPU-second | wall s | CPU s | peak MiB | written MiB |\n"
              "| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
        for query in wanted:
            for system in systems:
                rounds = found.get((query, system))
                if not rounds:
                    continue
                rate = lambda name: [self.rows_of(query) / max(it[name], 1e-9) / 1e6 for it in rounds]
                shown = lambda rates: f"{statistics.median(rates):.2f} ({min(rates):.2f}–{max(rates):.2f})"
                median = lambda name: statistics.median(it[name] for it in rounds)
                print(f"| {query} | {system} | {len(rounds)} | {shown(rate('wall_s'))} | {shown(rate('cpu_s'))} "
                      f"| {median('wall_s'):.2f} | {median('cpu_s'):.2f} "
                      f"| {median('rss_bytes_max') / 2**20:.0f} | {median('written_bytes') / 2**20:.0f} |")
        for what, why in self.missing.items():
            name = what if isinstance(what, str) else " ".join(what)
            print(f"\nleft out: {name}: {why}")


def main():
    args = arguments()
    subprocess.run(["sh", HERE / "setup.sh", args.cache], check=True)
    bench = Bench(args)
    # Who is told to stop stops the broker too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        bench.run()
    finally:
        bench.stop_broker()
        shutil.rmtree(bench.folder, ignore_errors=True)


main()
