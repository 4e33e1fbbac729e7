"""The Flink side of `make bench-peers`: one query over files of JSON lines, in a mini-cluster, from its start to its end.

flink.py FOLDER QUERY BACKEND PARALLELISM   BACKEND is hashmap (state on the heap) or rocksdb; prints its figures as JSON.

Results that are only added to are written as JSON files; those that are updates of a table have no file to go to and are dropped
(`blackhole`), which is in Flink's favour.
"""

import json
import os
import sys
import tempfile

from pyflink.common import Configuration
from pyflink.table import EnvironmentSettings, TableEnvironment

BID = """CREATE TABLE bid (auction BIGINT, bidder BIGINT, price BIGINT, channel STRING, url STRING, `dateTime` BIGINT,
  extra STRING, ts AS TO_TIMESTAMP_LTZ(`dateTime`, 3), WATERMARK FOR ts AS ts - INTERVAL '4' SECOND)
  WITH ('connector' = 'filesystem', 'path' = '{folder}/bid', 'format' = 'json')"""

AUCTION = """CREATE TABLE auction (id BIGINT, itemName STRING, description STRING, initialBid BIGINT, reserve BIGINT,
  `dateTime` BIGINT, expires BIGINT, seller BIGINT, category BIGINT, extra STRING)
  WITH ('connector' = 'filesystem', 'path' = '{folder}/auction', 'format' = 'json')"""

FILES = "WITH ('connector' = 'filesystem', 'path' = '{out}', 'format' = 'json')"
NOWHERE = "WITH ('connector' = 'blackhole')"
WINDOWS = "auction BIGINT, w TIMESTAMP(3), n BIGINT, total BIGINT"

# Each query: the columns of its results, where they go, and the question.
QUERIES = {
    "q0": (
        "auction BIGINT, bidder BIGINT, price BIGINT, channel STRING, url STRING, d BIGINT, extra STRING",
        FILES,
        "SELECT auction, bidder, price, channel, url, `dateTime`, extra FROM bid",
    ),
    "filter-project": (
        "auction BIGINT, bidder BIGINT, twice BIGINT, channel STRING",
        FILES,
        "SELECT auction, bidder, price * 2, channel FROM bid WHERE price > 100000",
    ),
    "q2": (
        "auction BIGINT, price BIGINT",
        FILES,
        "SELECT auction, price FROM bid WHERE MOD(auction, 123) = 0",
    ),
    "count-by-auction": (
        "auction BIGINT, n BIGINT, total BIGINT",
        NOWHERE,
        "SELECT auction, COUNT(*), SUM(price) FROM bid GROUP BY auction",
    ),
    "tumbling-by-auction": (
        WINDOWS,
        FILES,
        "SELECT auction, window_start, COUNT(*), SUM(price)"
        " FROM TABLE(TUMBLE(TABLE bid, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY auction, window_start, window_end",
    ),
    "hopping-by-auction": (
        WINDOWS,
        FILES,
        "SELECT auction, window_start, COUNT(*), SUM(price)"
        " FROM TABLE(HOP(TABLE bid, DESCRIPTOR(ts), INTERVAL '2' SECOND, INTERVAL '10' SECOND))"
        " GROUP BY auction, window_start, window_end",
    ),
    "q11": (
        "bidder BIGINT, w TIMESTAMP(3), n BIGINT",
        FILES,
        "SELECT bidder, window_start, COUNT(*)"
        " FROM TABLE(SESSION(TABLE bid PARTITION BY bidder, DESCRIPTOR(ts), INTERVAL '10' SECOND))"
        " GROUP BY bidder, window_start, window_end",
    ),
    "q18": (
        "auction BIGINT, bidder BIGINT, price BIGINT, channel STRING, url STRING, d BIGINT, extra STRING",
        NOWHERE,
        "SELECT auction, bidder, price, channel, url, `dateTime`, extra FROM (SELECT *,"
        " ROW_NUMBER() OVER (PARTITION BY bidder, auction ORDER BY ts DESC) AS place FROM bid) WHERE place <= 1",
    ),
    "q20": (
        "auction BIGINT, bidder BIGINT, price BIGINT, channel STRING, url STRING, d BIGINT, e STRING, itemName STRING,"
        " description STRING, initialBid BIGINT, reserve BIGINT, ad BIGINT, expires BIGINT, seller BIGINT, category BIGINT,"
        " ae STRING",
        FILES,
        "SELECT auction, bidder, price, channel, url, B.`dateTime`, B.extra, itemName, description, initialBid, reserve,"
        " A.`dateTime`, expires, seller, category, A.extra"
        " FROM bid AS B INNER JOIN auction AS A ON B.auction = A.id WHERE A.category = 10",
    ),
}


def java_process():
    """The process of Flink, which is a child of this one."""
    own = os.getpid()
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                fields = open(f"/proc/{name}/stat").read().rsplit(")", 1)
            except OSError:
                continue
            if fields[0].endswith("(java") and int(fields[1].split()[1]) == own:
                return int(name)
    raise SystemExit("there is no process of Flink")


def cpu_s(process):
    fields = open(f"/proc/{process}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def number_of(path, name):
    for line in open(path):
        if line.startswith(name):
            return int(line.split()[1])
    return 0


def main():
    folder, query, backend, parallelism = sys.argv[1:]
    config = Configuration()
    for name, value in {
        "state.backend.type": backend,
        "parallelism.default": parallelism,
        "taskmanager.memory.managed.size": "1g",
        "taskmanager.memory.network.max": "128m",
        "table.local-time-zone": "UTC",
    }.items():
        config.set_string(name, value)
    settings = EnvironmentSettings.new_instance().in_streaming_mode().with_configuration(config).build()
    table = TableEnvironment.create(settings)
    with tempfile.TemporaryDirectory() as out:
        columns, sink, select = QUERIES[query]
        for topic in (BID, AUCTION):
            table.execute_sql(topic.format(folder=folder))
        table.execute_sql(f"CREATE TABLE results ({columns}) " + sink.format(out=out))
        process = java_process()
        used = cpu_s(process)
        written = number_of(f"/proc/{process}/io", "write_bytes:")
        result = table.execute_sql("INSERT INTO results " + select)
        job = result.get_job_client().get_job_execution_result().result()
        figures = {
            "wall_s": job.get_net_runtime() / 1000,
            "cpu_s": cpu_s(process) - used,
            "rss_bytes_max": number_of(f"/proc/{process}/status", "VmHWM:") * 1024,
            "written_bytes": number_of(f"/proc/{process}/io", "write_bytes:") - written,
        }
        print(json.dumps(figures))


main()
