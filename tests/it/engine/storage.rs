//! The engine and its log: groups that go on where they stood, topics that are altered, folders that are not whole.

use std::path::Path;

use expect_test::expect;
use tidemill::engine::ConsumeFrom;
use tidemill::error::ErrorKind;

use super::*;

fn texts(engine: &Engine, group: &str, count: usize) -> Vec<String> {
    let from = ConsumeFrom::Beginning;
    let mut records = engine.consume_as_group("bids", group, from, true).unwrap();
    let mut texts = Vec::new();
    while texts.len() < count {
        let Some(record) = records.next_record() else { break };
        texts.push(String::from_utf8(record.unwrap().value.unwrap()).unwrap());
    }
    engine.commit_offsets(group, "bids", &records.positions()).unwrap();
    texts
}

#[test]
fn a_group_goes_on_where_it_stood() {
    let folder = tempfile::tempdir().unwrap();
    let engine = open(folder.path());
    engine.create_topic("bids", &tidemill::log::TopicConfig::new(1)).unwrap();
    let values = ["1", "2", "3", "4"].map(|value| record("pen", value, 1));
    engine.produce("bids", &values).unwrap();
    assert_eq!(texts(&engine, "g", 3), ["1", "2", "3"]);
    engine.close().unwrap();
    drop(engine);
    let engine = open(folder.path());
    assert_eq!(texts(&engine, "g", 3), ["4"]);
    assert_eq!(texts(&engine, "h", 1), ["1"]);
    assert_eq!(engine.groups(), ["g", "h"]);
    assert_eq!(engine.committed_offsets("g", "bids"), [(0, 4)]);
    engine.delete_group("h").unwrap();
    // Records that are gone are passed over.
    engine.delete_topic("bids").unwrap();
    assert!(engine.groups().is_empty());
    engine.close().unwrap();
}

#[test]
fn a_topic_is_altered_for_good() {
    let folder = tempfile::tempdir().unwrap();
    let engine = open(folder.path());
    engine.session().execute(PIPELINE).unwrap();
    let option = |engine: &Engine, topic: &str, name: &str| {
        let topic = engine.topic(topic).unwrap();
        topic.config.into_iter().find(|(option, ..)| option == name).unwrap().1
    };
    // The topic of a table keeps the latest of each key.
    assert_eq!(option(&engine, "TOTALS", "cleanup.policy"), "compact");
    let set = [("retention.ms".to_owned(), "1000".to_owned())];
    engine.alter_topic("bids", &set, &[]).unwrap();
    let wrong = [("retention.ms".to_owned(), "soon".to_owned())];
    let refused = engine.alter_topic("bids", &wrong, &[]).unwrap_err();
    expect![[r#"property retention.ms cannot be "soon": it is not a number in the allowed range"#]]
        .assert_eq(refused.message());
    engine.close().unwrap();
    drop(engine);
    let engine = open(folder.path());
    assert_eq!(option(&engine, "bids", "retention.ms"), "1000");
    engine.alter_topic("bids", &[], &["retention.ms".to_owned()]).unwrap();
    assert_eq!(option(&engine, "bids", "retention.ms"), "604800000");
    engine.close().unwrap();
}

fn refused(change: impl FnOnce(&Path)) -> String {
    let folder = tempfile::tempdir().unwrap();
    let engine = open(folder.path());
    engine.session().execute(PIPELINE).unwrap();
    engine.close().unwrap();
    drop(engine);
    change(folder.path());
    let options = EngineOptions::new(folder.path());
    let Err(error) = Engine::open(options) else { panic!("the folder is not whole") };
    assert_eq!(error.kind(), ErrorKind::Storage);
    let message = error.message().replace(&folder.path().display().to_string(), "DIR");
    // Cluster ids are random.
    let is_id = |word: &str| word.trim_matches(',').trim_end_matches('.').len() == 22;
    let words = message.split(' ').map(|word| if is_id(word) { "ID" } else { word });
    words.collect::<Vec<_>>().join(" ")
}

#[test]
fn a_folder_that_is_half_there_is_refused() {
    expect!["data folder DIR is not whole: state/ is empty, but log/ has topics. Restore what is missing"]
        .assert_eq(&refused(|folder| std::fs::remove_dir_all(folder.join("state")).unwrap()));
    expect!["data folder DIR is not whole: state/ belongs to cluster ID log/ to cluster ID Restore what is missing"]
        .assert_eq(&refused(|folder| std::fs::remove_dir_all(folder.join("log")).unwrap()));
}

#[test]
fn the_log_is_closed_with_the_engine() {
    let folder = tempfile::tempdir().unwrap();
    let engine = open(folder.path());
    engine.close().unwrap();
    let refused = engine.produce("_tidemill-commands", &[record("k", "v", 1)]).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Closed);
    assert!(folder.path().join("log/.clean").exists());
}

#[test]
fn repartition_topics_lose_what_was_worked_off() {
    let folder = tempfile::tempdir().unwrap();
    let options = EngineOptions::new(folder.path())
        .with("auto.offset.reset", "earliest")
        .with("repartition.purge.interval.ms", "10");
    let engine = Engine::open(options).unwrap();
    engine
        .session()
        .execute(
            "CREATE STREAM bids (id INT KEY, item VARCHAR)
               WITH (kafka_topic = 'bids', value_format = 'json', key_format = 'json', partitions = 2);
             CREATE TABLE counts AS SELECT item, COUNT(*) AS n FROM bids GROUP BY item;",
        )
        .unwrap();
    let bids: Vec<_> =
        (0..100).map(|id: i64| record(&id.to_string(), r#"{"item": "pen"}"#, id)).collect();
    engine.produce("bids", &bids).unwrap();
    assert!(engine.wait_until_idle(WAIT).unwrap());
    let topics = engine.topics();
    let topic = topics.iter().find(|topic| topic.name.ends_with("-repartition")).unwrap();
    // Whole segments go: they must not be as large as those of other topics.
    let config = engine.topic(&topic.name).unwrap().config;
    let (_, segment_bytes, _) = config.iter().find(|(name, ..)| name == "segment.bytes").unwrap();
    assert!(segment_bytes.parse::<u64>().unwrap() <= 64 << 20, "{segment_bytes}");
    let clock = SystemClock::new();
    let deadline = clock.monotonic() + WAIT;
    loop {
        let partitions = engine.topic(&topic.name).unwrap().partitions;
        if partitions.iter().all(|partition| partition.start == partition.end) {
            break;
        }
        assert!(clock.monotonic() < deadline, "{partitions:?}");
        clock.wait(Duration::from_millis(5));
    }
    engine.produce("bids", &bids).unwrap();
    assert!(engine.wait_until_idle(WAIT).unwrap());
    let counts = rows(&engine, "SELECT n FROM counts;");
    assert_eq!(counts[0].values, [Value::Bigint(200)]);
    engine.close().unwrap();
}

#[test]
fn what_ended_queries_left_is_swept_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let engine = open(folder.path());
    engine.session().execute(PIPELINE).unwrap();
    // As a crash leaves it that comes between a statement's record and its effect.
    let left = ["_tidemill-CTAS_GONE_9-0-repartition", "_tidemill-CTAS_GONE_9-1-response"];
    for topic in left.iter().chain(["_tidemill-mine"].iter()) {
        engine.create_topic(topic, &tidemill::log::TopicConfig::new(1)).unwrap();
    }
    engine.close().unwrap();
    drop(engine);
    let engine = open(folder.path());
    let names: Vec<String> = engine.topics().into_iter().map(|topic| topic.name).collect();
    assert!(left.iter().all(|topic| !names.contains(&(*topic).to_owned())), "{names:?}");
    assert!(names.contains(&"_tidemill-mine".to_owned()), "{names:?}");
    engine.close().unwrap();
}

#[test]
fn a_topic_of_the_same_name_as_a_deleted_one_stays() {
    let folder = tempfile::tempdir().unwrap();
    let engine = open(folder.path());
    let mut session = engine.session();
    session.execute(PIPELINE).unwrap();
    session.execute("DROP TABLE totals DELETE TOPIC; DROP STREAM bids DELETE TOPIC;").unwrap();
    engine.create_topic("bids", &tidemill::log::TopicConfig::new(1)).unwrap();
    engine.produce("bids", &[record("pen", "5", 1)]).unwrap();
    engine.close().unwrap();
    drop((session, engine));
    let engine = open(folder.path());
    assert_eq!(texts(&engine, "g", 1), ["5"]);
    engine.close().unwrap();
}

#[test]
fn batches_are_no_larger_than_their_topic_takes() {
    let folder = tempfile::tempdir().unwrap();
    let engine = open(folder.path());
    engine.session().execute(PIPELINE).unwrap();
    engine
        .session()
        .execute(
            "CREATE STREAM copies WITH (partitions = 1) AS SELECT item, price, 'some text that takes room' AS text FROM bids;",
        )
        .unwrap();
    for topic in ["bids", "COPIES"] {
        let set = [("max.message.bytes".to_owned(), "1000".to_owned())];
        engine.alter_topic(topic, &set, &[]).unwrap();
    }
    // A running query learns of it when it is refused, and goes on.
    let bids: Vec<_> = (0..500).map(|i| record(&format!("k{i}"), r#"{"price": 1}"#, i)).collect();
    engine.produce("bids", &bids).unwrap();
    let clock = SystemClock::new();
    let deadline = clock.monotonic() + WAIT;
    let copied = || {
        let mut copies = engine.consume_available("COPIES", ConsumeFrom::Beginning).unwrap();
        std::iter::from_fn(|| copies.next_record()).map(Result::unwrap).count()
    };
    while copied() < 500 {
        assert!(clock.monotonic() < deadline, "{:?}", engine.queries());
        clock.wait(Duration::from_millis(20));
    }
    assert_eq!(copied(), 500);
    let large = record("k", &format!(r#"{{"price": 1{}}}"#, " ".repeat(2000)), 1);
    let refused = engine.produce("bids", &[large]).unwrap_err();
    assert!(refused.message().contains("larger than the 1000"), "{refused}");
    engine.close().unwrap();
}

/// Counts the files of a folder that this process has open, those that are removed included.
#[cfg(target_os = "linux")]
fn open_files(folder: &Path) -> usize {
    let all = std::fs::read_dir("/proc/self/fd").unwrap();
    let is_here = |file: &Path| std::fs::read_link(file).is_ok_and(|it| it.starts_with(folder));
    // One may be closed while it is looked at.
    all.filter(|entry| entry.as_ref().is_ok_and(|entry| is_here(&entry.path()))).count()
}

#[cfg(target_os = "linux")]
#[test]
fn there_may_be_more_segments_than_open_files() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log/bids-0");
    let options = EngineOptions::new(folder.path()).with("log.cleaner.backoff.ms", "100000000");
    let engine = Engine::open(options).unwrap();
    engine.create_topic("bids", &tidemill::log::TopicConfig::new(1)).unwrap();
    let small = [
        ("cleanup.policy", "compact"),
        ("segment.bytes", "4096"),
        ("min.cleanable.dirty.ratio", "0.01"),
    ];
    let set = small.map(|(name, value)| (name.to_owned(), value.to_owned()));
    engine.alter_topic("bids", &set, &[]).unwrap();
    let value = "v".repeat(1000);
    for _ in 0..300 {
        let records = ["a", "b", "c"].map(|key| record(key, &value, 1));
        engine.produce("bids", &records).unwrap();
    }
    let segments = || -> Vec<u64> {
        let files = std::fs::read_dir(&log).unwrap().flatten();
        let segments = files.filter(|file| file.path().extension().is_some_and(|it| it == "log"));
        // One may be gone by now.
        segments.filter_map(|segment| Some(segment.metadata().ok()?.len())).collect()
    };
    assert!(200 < segments().len(), "{:?}", segments());
    assert!(open_files(&log) < 4, "{} files are open", open_files(&log));
    engine.close().unwrap();
    drop(engine);

    // Those that compaction has been through are closed while it goes on.
    let options = EngineOptions::new(folder.path()).with("log.cleaner.backoff.ms", "1");
    let engine = Engine::open(options).unwrap();
    let clock = SystemClock::new();
    let (begin, mut most) = (clock.monotonic(), 0);
    while 50_000 < segments().iter().sum::<u64>() {
        most = most.max(open_files(&log));
        assert!(clock.monotonic() - begin < WAIT, "{:?}", segments());
    }
    assert!(most < 200, "{most} files were open");
    engine.close().unwrap();
}
