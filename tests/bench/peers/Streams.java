// The Kafka Streams side of `make bench-peers`: the same queries over the same records.
//
//   load BOOTSTRAP FOLDER PARTITIONS          fills topics `bid` and `auction` from files of JSON lines
//   run  BOOTSTRAP QUERY GUARANTEE THREADS    runs a query until all there is has been read and committed; prints its figures

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.Joined;
import org.apache.kafka.streams.kstream.KGroupedStream;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.KTable;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.SessionWindows;
import org.apache.kafka.streams.kstream.TimeWindows;
import org.apache.kafka.streams.kstream.WindowedSerdes;

public class Streams {
    static final ObjectMapper JSON = new ObjectMapper();
    static final long BASE_TIME_MS = 1_436_918_400_000L;
    static final Duration GRACE = Duration.ofHours(24);
    static final Duration TEN = Duration.ofSeconds(10);

    @JsonIgnoreProperties(ignoreUnknown = true)
    public static class Bid {
        public long auction, bidder, price, dateTime;
        public String channel, url, extra;
    }

    @JsonIgnoreProperties(ignoreUnknown = true)
    public static class Auction {
        public long id, initialBid, reserve, dateTime, expires, seller, category;
        public String itemName, description, extra;
    }

    public static class Projected {
        public long auction, bidder, twice;
        public String channel;
    }

    public static class Totals {
        public long n, total;
    }

    public static class Joint {
        public Bid bid;
        public Auction auction;
    }

    /** JSON by Jackson. */
    static <T> Serde<T> json(Class<T> type) {
        var reader = JSON.readerFor(type);
        var writer = JSON.writerFor(type);
        return Serdes.serdeFrom(
            (topic, value) -> {
                try {
                    return value == null ? null : writer.writeValueAsBytes(value);
                } catch (Exception e) {
                    throw new RuntimeException(e);
                }
            },
            (topic, bytes) -> {
                try {
                    return bytes == null ? null : reader.readValue(bytes);
                } catch (Exception e) {
                    throw new RuntimeException(e);
                }
            });
    }

    static Totals add(Long key, Long price, Totals totals) {
        totals.n += 1;
        totals.total += price;
        return totals;
    }

    static Topology topology(String query) {
        var builder = new StreamsBuilder();
        var bids = builder.stream("bid", Consumed.with(Serdes.ByteArray(), json(Bid.class)));
        switch (query) {
            case "filter-project" ->
                bids.filter((key, bid) -> bid.price > 100_000).mapValues(bid -> {
                    var out = new Projected();
                    out.auction = bid.auction;
                    out.bidder = bid.bidder;
                    out.twice = bid.price * 2;
                    out.channel = bid.channel;
                    return out;
                }).to("out", Produced.with(Serdes.ByteArray(), json(Projected.class)));
            case "count-by-auction" ->
                prices(bids)
                    .aggregate(Totals::new, Streams::add, Materialized.with(Serdes.Long(), json(Totals.class)))
                    .toStream().to("out", Produced.with(Serdes.Long(), json(Totals.class)));
            case "tumbling-by-auction", "hopping-by-auction" -> {
                var windows = TimeWindows.ofSizeAndGrace(TEN, GRACE);
                if (query.startsWith("hopping")) {
                    windows = windows.advanceBy(Duration.ofSeconds(2));
                }
                var key = WindowedSerdes.timeWindowedSerdeFrom(Long.class, TEN.toMillis());
                prices(bids).windowedBy(windows)
                    .aggregate(Totals::new, Streams::add, Materialized.with(Serdes.Long(), json(Totals.class)))
                    .toStream().to("out", Produced.with(key, json(Totals.class)));
            }
            case "q11" ->
                bids.map((key, bid) -> KeyValue.pair(bid.bidder, 1L))
                    .groupByKey(Grouped.with(Serdes.Long(), Serdes.Long()))
                    .windowedBy(SessionWindows.ofInactivityGapAndGrace(TEN, GRACE))
                    .count(Materialized.with(Serdes.Long(), Serdes.Long()))
                    .toStream()
                    .to("out", Produced.with(WindowedSerdes.sessionWindowedSerdeFrom(Long.class), json(Long.class)));
            case "q18" ->
                bids.selectKey((key, bid) -> bid.bidder + ":" + bid.auction)
                    .groupByKey(Grouped.with(Serdes.String(), json(Bid.class)))
                    .reduce((first, last) -> last)
                    .toStream().to("out", Produced.with(Serdes.String(), json(Bid.class)));
            case "q20" -> {
                KTable<Long, Auction> auctions =
                    builder.table("auction", Consumed.with(Serdes.Long(), json(Auction.class)));
                bids.selectKey((key, bid) -> bid.auction)
                    .join(auctions, (bid, auction) -> {
                        var out = new Joint();
                        out.bid = bid;
                        out.auction = auction;
                        return out;
                    }, Joined.with(Serdes.Long(), json(Bid.class), json(Auction.class)))
                    .filter((key, out) -> out.auction.category == 10)
                    .to("out", Produced.with(Serdes.Long(), json(Joint.class)));
            }
            default -> throw new IllegalArgumentException(query);
        }
        return builder.build();
    }

    /** Only what is summed goes through the repartition topic. */
    static KGroupedStream<Long, Long> prices(KStream<byte[], Bid> bids) {
        return bids.map((key, bid) -> KeyValue.pair(bid.auction, bid.price))
            .groupByKey(Grouped.with(Serdes.Long(), Serdes.Long()));
    }

    static void load(String bootstrap, Path folder, int partitions) throws Exception {
        try (var admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
            var forever = Map.of("retention.ms", "-1");
            var topics = List.of(
                new NewTopic("bid", partitions, (short) 1).configs(forever),
                new NewTopic("auction", partitions, (short) 1).configs(forever));
            admin.createTopics(topics).all().get();
        }
        Map<String, Object> config = Map.of(
            "bootstrap.servers", bootstrap, "acks", "1", "linger.ms", 20, "batch.size", 262144);
        try (var producer = new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer())) {
            for (var topic : List.of("auction", "bid")) {
                for (int partition = 0; partition < partitions; partition++) {
                    try (var lines = Files.lines(folder.resolve(topic + "-" + partition + ".jsonl"))) {
                        for (var line : (Iterable<String>) lines::iterator) {
                            producer.send(record(topic, partition, line));
                        }
                    }
                }
            }
        }
    }

    static ProducerRecord<byte[], byte[]> record(String topic, int partition, String line) throws Exception {
        byte[] key = null;
        // A table is there before what is joined with it.
        long time = BASE_TIME_MS - 1;
        if (topic.equals("bid")) {
            time = number(line, "\"dateTime\":");
        } else {
            key = Serdes.Long().serializer().serialize(topic, number(line, "\"id\":"));
        }
        return new ProducerRecord<>(topic, partition, time, key, line.getBytes());
    }

    static long number(String line, String name) {
        int start = line.indexOf(name) + name.length();
        int end = start;
        while (Character.isDigit(line.charAt(end))) {
            end += 1;
        }
        return Long.parseLong(line.substring(start, end));
    }

    static void run(String bootstrap, String query, String guarantee, int threads) throws Exception {
        var id = "bench-" + UUID.randomUUID();
        var folder = Files.createTempDirectory("streams");
        var config = new Properties();
        config.put(StreamsConfig.APPLICATION_ID_CONFIG, id);
        config.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap);
        config.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, guarantee);
        config.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, threads);
        config.put(StreamsConfig.STATE_DIR_CONFIG, folder.toString());
        config.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, 1);
        config.put(StreamsConfig.consumerPrefix("auto.offset.reset"), "earliest");
        // Exactly once commits every 100 ms by default; at least once would every 30 s, and end as late.
        if (guarantee.equals("at_least_once")) {
            config.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 1000);
        }
        try (var admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
            int partitions = admin.describeTopics(List.of("bid")).allTopicNames().get().get("bid").partitions().size();
            if (admin.listTopics().names().get().contains("out")) {
                admin.deleteTopics(List.of("out")).all().get();
                while (admin.listTopics().names().get().contains("out")) {
                    Thread.sleep(50);
                }
            }
            admin.createTopics(List.of(new NewTopic("out", partitions, (short) 1))).all().get();
            var failure = new AtomicReference<Throwable>();
            var streams = new KafkaStreams(topology(query), config);
            // What it takes to find its group and its partitions does not count.
            var isRunning = new CountDownLatch(1);
            streams.setStateListener((now, before) -> {
                if (now == KafkaStreams.State.RUNNING) {
                    isRunning.countDown();
                }
            });
            streams.setUncaughtExceptionHandler(error -> {
                failure.set(error);
                return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
            });
            streams.start();
            isRunning.await(60, TimeUnit.SECONDS);
            long cpu = cpuMillis(), written = numberOf("/proc/self/io", "write_bytes:"), start = System.nanoTime();
            var inputs = query.equals("q20") ? List.of("bid", "auction") : List.of("bid");
            var toRead = toRead(admin, id, inputs);
            while (!isDone(admin, id, toRead)) {
                if (failure.get() != null) {
                    throw new RuntimeException(failure.get());
                }
                Thread.sleep(50);
            }
            double wall = (System.nanoTime() - start) / 1e9;
            double used = (cpuMillis() - cpu) / 1e3;
            long results = 0;
            for (var end : ends(admin, "out", partitions).values()) {
                results += end;
            }
            System.out.printf(
                "{\"wall_s\": %.3f, \"cpu_s\": %.2f, \"rss_bytes_max\": %d, \"written_bytes\": %d, \"results\": %d}%n",
                wall, used, numberOf("/proc/self/status", "VmHWM:") * 1024,
                numberOf("/proc/self/io", "write_bytes:") - written, results);
            streams.close(Duration.ofSeconds(30));
            var own = admin.listTopics().names().get().stream().filter(name -> name.startsWith(id)).toList();
            admin.deleteTopics(own).all().get();
        }
    }

    static Map<TopicPartition, Long> ends(Admin admin, String topic, int partitions) throws Exception {
        var wanted = new HashMap<TopicPartition, OffsetSpec>();
        for (int partition = 0; partition < partitions; partition++) {
            wanted.put(new TopicPartition(topic, partition), OffsetSpec.latest());
        }
        var found = new HashMap<TopicPartition, Long>();
        admin.listOffsets(wanted).all().get().forEach((partition, info) -> found.put(partition, info.offset()));
        return found;
    }

    /** The partitions that the group has to read to their ends: of its inputs, and of its repartition topics. */
    static Map<TopicPartition, OffsetSpec> toRead(Admin admin, String id, List<String> inputs) throws Exception {
        var found = new HashMap<TopicPartition, OffsetSpec>();
        for (var topic : admin.describeTopics(admin.listTopics().names().get()).allTopicNames().get().values()) {
            var name = topic.name();
            if (inputs.contains(name) || (name.startsWith(id) && name.endsWith("-repartition"))) {
                topic.partitions().forEach(it -> found.put(new TopicPartition(name, it.partition()), OffsetSpec.latest()));
            }
        }
        return found;
    }

    /** Whether the group has committed to the ends. */
    static boolean isDone(Admin admin, String id, Map<TopicPartition, OffsetSpec> toRead) throws Exception {
        Map<TopicPartition, OffsetAndMetadata> committed =
            admin.listConsumerGroupOffsets(id).partitionsToOffsetAndMetadata().get();
        for (var end : admin.listOffsets(toRead).all().get().entrySet()) {
            var offset = committed.get(end.getKey());
            long read = offset == null ? 0 : offset.offset();
            // The markers of the last transactions stand behind the last record of a repartition topic.
            long open = end.getKey().topic().endsWith("-repartition") ? 2 : 0;
            if (end.getValue().offset() > 0 && read < end.getValue().offset() - open) {
                return false;
            }
        }
        return true;
    }

    static long cpuMillis() {
        return ProcessHandle.current().info().totalCpuDuration().orElse(Duration.ZERO).toMillis();
    }

    static long numberOf(String file, String name) throws Exception {
        for (var line : Files.readAllLines(Path.of(file))) {
            if (line.startsWith(name)) {
                return Long.parseLong(line.replaceAll("[^0-9]", ""));
            }
        }
        return 0;
    }

    public static void main(String[] args) throws Exception {
        switch (args[0]) {
            case "load" -> load(args[1], Path.of(args[2]), Integer.parseInt(args[3]));
            case "run" -> run(args[1], args[2], args[3], Integer.parseInt(args[4]));
            default -> throw new IllegalArgumentException(args[0]);
        }
        // Threads of clients that linger must not keep the process.
        System.exit(0);
    }
}
