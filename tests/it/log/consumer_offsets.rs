//! Offsets that consumer groups commit.

use std::sync::Arc;
use std::time::Duration;

use expect_test::expect;
use tidemill::clock::Clock;
use tidemill::log::*;
use tidemill::types::TopicPartition;

use super::fixture::*;

struct Groups {
    log: Arc<EmbeddedLog>,
    disk: tidemill::disk::SimDisk,
    clock: Arc<tidemill::clock::ManualClock>,
    offsets: ConsumerOffsets,
}

impl Groups {
    fn new() -> Groups {
        let Fixture { disk, clock, log } = Fixture::new();
        Groups::on(disk, clock, log)
    }

    fn on(
        disk: tidemill::disk::SimDisk,
        clock: Arc<tidemill::clock::ManualClock>,
        log: EmbeddedLog,
    ) -> Groups {
        let log = Arc::new(log);
        let shared = Arc::clone(&clock) as Arc<dyn Clock>;
        let offsets = ConsumerOffsets::open(Arc::clone(&log) as Arc<dyn Log>, shared).unwrap();
        Groups { log, disk, clock, offsets }
    }

    /// Ends the process and starts the next.
    fn killed(self) -> Groups {
        let Groups { log, disk, clock, offsets } = self;
        drop((log, offsets));
        let disk = disk.kill();
        let log = open(&disk).unwrap();
        Groups::on(disk, clock, log)
    }

    fn commit(&self, group: &str, offset: Offset) {
        self.offsets.commit(group, &[(t(), at(offset))]).unwrap();
    }

    fn fetch(&self, group: &str) -> Option<Offset> {
        self.offsets.fetch(group, &t()).map(|committed| committed.offset)
    }
}

fn at(offset: Offset) -> CommittedOffset {
    CommittedOffset { offset, ..CommittedOffset::default() }
}

#[test]
fn what_is_committed_is_there_after_a_power_loss() {
    let groups = Groups::new();
    groups.commit("g", 5);
    groups.commit("g", 7);
    groups.commit("h", 1);
    let loss = tidemill::disk::PowerLoss { seed: 3, reorders: true };
    let (disk, clock) = (groups.disk.crash(loss), Arc::clone(&groups.clock));
    let log = open(&disk).unwrap();
    let groups = Groups::on(disk, clock, log);
    assert_eq!((groups.fetch("g"), groups.fetch("h"), groups.fetch("i")), (Some(7), Some(1), None));
    assert_eq!(groups.offsets.groups(), ["g", "h"]);
    let topic = groups.log.topic(OFFSETS_TOPIC).unwrap();
    assert_eq!(topic.config.get("cleanup.policy"), Some("compact"));
}

#[test]
fn metadata_and_time_come_back() {
    let groups = Groups::new();
    let committed = CommittedOffset {
        offset: 3,
        leader_epoch: Some(0),
        metadata: "from host a".to_owned(),
        commit_timestamp: 0,
    };
    groups.offsets.commit("g", &[(t(), committed.clone())]).unwrap();
    let groups = groups.killed();
    let want = CommittedOffset { commit_timestamp: NOW, ..committed };
    assert_eq!(groups.offsets.fetch_all("g"), [(t(), want)]);
}

#[test]
fn what_cannot_be_committed_is_refused() {
    let groups = Groups::new();
    let refused = |group: &str, partition: TopicPartition, offset| {
        groups.offsets.commit(group, &[(partition, offset)]).unwrap_err().to_string()
    };
    expect![[r#"consumer group name "" is not allowed: 1 to 32767 bytes"#]].assert_eq(&refused(
        "",
        t(),
        at(1),
    ));
    expect!["topic u does not exist"].assert_eq(&refused("g", TopicPartition::new("u", 0), at(1)));
    expect!["partition t-1 does not exist"].assert_eq(&refused(
        "g",
        TopicPartition::new("t", 1),
        at(1),
    ));
    let long = CommittedOffset { metadata: "m".repeat(4097), ..at(1) };
    expect!["metadata of 4097 bytes is larger than the 4096 that an offset may have"]
        .assert_eq(&refused("g", t(), long));
    assert_eq!(groups.log.topic(OFFSETS_TOPIC), None);
}

#[test]
fn groups_are_deleted_and_expire() {
    let groups = Groups::new();
    ["g", "h", "i"].iter().for_each(|group| groups.commit(group, 1));
    groups.offsets.delete_group("g").unwrap();
    expect!["consumer group g does not exist"]
        .assert_eq(&groups.offsets.delete_group("g").unwrap_err().to_string());
    groups.offsets.delete("i", &[TopicPartition::new("t", 9)]).unwrap();
    groups.clock.advance(Duration::from_secs(10));
    groups.commit("i", 2);
    assert_eq!(groups.offsets.expire(NOW + 1, |group| group == "h").unwrap(), 0);
    assert_eq!(groups.offsets.expire(NOW + 1, |_| false).unwrap(), 1);
    let groups = groups.killed();
    assert_eq!(groups.offsets.groups(), ["i"]);
}

#[test]
fn a_topic_of_the_same_name_is_another_topic() {
    let groups = Groups::new();
    groups.commit("g", 5);
    groups.log.delete_topic("t").unwrap();
    groups.log.create_topic("t", &TopicConfig::new(1)).unwrap();
    assert_eq!(groups.fetch("g"), None);
    groups.offsets.forget_gone().unwrap();
    groups.commit("h", 1);
    let groups = groups.killed();
    assert_eq!((groups.fetch("g"), groups.fetch("h")), (None, Some(1)));
}

#[test]
fn the_topic_is_compacted() {
    let groups = Groups::new();
    let config = TopicConfig::new(1)
        .with("cleanup.policy", "compact")
        .and_then(|config| config.with("segment.bytes", "4096"))
        .unwrap();
    groups.commit("g", 0);
    groups.log.alter_topic(OFFSETS_TOPIC, &config).unwrap();
    for offset in 0..500 {
        groups.commit(["g", "h"][offset as usize % 2], offset);
    }
    groups.log.maintain(NOW).unwrap();
    let groups = groups.killed();
    assert_eq!((groups.fetch("g"), groups.fetch("h")), (Some(498), Some(499)));
    let partition = TopicPartition::new(OFFSETS_TOPIC, 0);
    let fetch = groups.log.read(&partition, 0, 1 << 20, &Isolation::ReadUncommitted).unwrap();
    assert!(fetch.batches().count() < 100, "{}", fetch.batches().count());
}
