//! The log on the local disk.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use hashbrown::HashMap;
use parking_lot::{Mutex, MutexGuard, RwLock};

use super::environment::Environment;
use super::error::AtPath;
use super::folder::Folder;
use super::index::base_of;
use super::parallel::in_parallel;
use super::partition::Partition;
use super::producer_ids::ProducerIds;
use super::recovery::Recovery;
use super::segment::Segment;
use super::settings::Settings;
use super::topic::check_topic_name;
use super::topics::{Deleting, Topics};
use super::{
    Acks, Appended, Dropped, EncodedBatches, Fetch, Flush, Isolation, Log, LogConfig, LogError,
    Offset, OpenTransaction, Outcome, PartitionOffsets, Producer, TopicConfig, TopicDescription,
    TopicId, Waker, WatchGuard,
};
use crate::clock::Clock;
use crate::disk::{Disk, read_file, replace_file};
use crate::types::TopicPartition;

/// Holds the topic id of a partition's folder, as Kafka writes it.
const PARTITION_FILE: &str = "partition.metadata";

/// A log on the local disk.
///
/// Dropping it is like a kill of the process; [`close`](EmbeddedLog::close) makes the next start quicker.
#[derive(Debug)]
pub struct EmbeddedLog {
    environment: Arc<Environment>,
    folder: Folder,
    /// Held by the one who changes topics; says whether a change failed, so that the file may say what memory does not.
    topics_change: Mutex<bool>,
    topics: RwLock<Topics>,
    partitions: RwLock<HashMap<TopicPartition, Arc<Partition>>>,
    producer_ids: Mutex<ProducerIds>,
    dropped: Vec<Dropped>,
}

impl EmbeddedLog {
    /// Opens the log in a folder; a folder that is not there or empty becomes one.
    ///
    /// After a crash every partition is brought back to its last whole batch, see [`dropped`](EmbeddedLog::dropped)
    /// and [`damaged`](EmbeddedLog::damaged).
    pub fn open(
        disk: Arc<dyn Disk>,
        clock: Arc<dyn Clock>,
        folder: &Path,
        config: LogConfig,
    ) -> Result<EmbeddedLog, LogError> {
        let taken = Folder::take(&*disk, folder, config.cluster_id.as_deref())?;
        let topics = Topics::load(&*disk, folder)?;
        let producer_ids = ProducerIds::load(&*disk, folder)?;
        let environment = Environment::new(disk, clock, folder.to_path_buf(), config);
        let mut log = EmbeddedLog {
            environment: Arc::new(environment),
            folder: taken,
            topics_change: Mutex::new(false),
            topics: RwLock::new(Topics::default()),
            partitions: RwLock::default(),
            producer_ids: Mutex::new(producer_ids),
            dropped: Vec::new(),
        };
        let is_left = |topic: &&Deleting| !log.remove_folders(topic);
        let deleting = topics.deleting.iter().filter(is_left).cloned().collect();
        log.remove_strays(&topics)?;
        let wanted = topics.live.values().flat_map(|topic| partitions_of(topic, 0));
        log.dropped = log.serve(wanted.collect())?;
        let topics = Topics { deleting, ..topics };
        *log.topics.get_mut() = topics;
        Ok(log)
    }

    /// Stores all that a start would otherwise have to find out, and refuses every append from now on.
    pub fn close(&self) -> Result<(), LogError> {
        self.refuse_appends();
        let stored =
            self.each(&self.all_partitions(), |partition| partition.checkpoint_if_changed());
        stored.into_iter().collect::<Result<(), _>>()?;
        self.folder.mark_clean(self.disk(), &self.environment.folder)
    }

    /// Returns how the log behaves.
    pub(super) fn config(&self) -> &LogConfig {
        &self.environment.config
    }

    /// Refuses every append from now on, with [`LogError::Closed`].
    pub(super) fn refuse_appends(&self) {
        self.environment.is_closed.store(true, Ordering::Relaxed);
    }

    /// Appends batches as [`Log::append`] does and says more of where they went.
    pub fn produce(
        &self,
        partition: &TopicPartition,
        batches: EncodedBatches,
        acks: Acks,
    ) -> Result<Appended, LogError> {
        let partition = self.partition(partition)?;
        let appended = partition.append(batches)?;
        if acks == Acks::All && self.environment.config.flush == Flush::Fsync {
            partition.flush_to(appended.next_offset)?;
        } else {
            partition.flush_if_many(appended.next_offset)?;
        }
        Ok(appended)
    }

    /// Does what is due from time to time: retention, checkpoints, forgetting of idle producers, compaction.
    ///
    /// Goes on with the other partitions when one fails, and returns the first error. A [`LogKeeper`](super::LogKeeper)
    /// calls this and the like in the background.
    pub fn maintain(&self, now_ms: i64) -> Result<(), LogError> {
        let maintained = self.tidy(now_ms);
        maintained.and(self.compact_due(now_ms))
    }

    /// Does what is due, but for compaction.
    pub(super) fn tidy(&self, now_ms: i64) -> Result<(), LogError> {
        let mut result = Ok(());
        // One after another: mostly there is nothing to do.
        for partition in self.all_partitions() {
            if let Err(error) = partition.maintain(now_ms) {
                tracing::warn!(partition = %partition.name, %error, "maintenance failed");
                result = result.and(Err(error));
            }
        }
        result
    }

    /// Compacts the partitions that are due, the dirtiest first, one at a time: each may take all the memory for keys.
    pub(super) fn compact_due(&self, now_ms: i64) -> Result<(), LogError> {
        let mut due = Vec::new();
        let mut result = Ok(());
        for partition in self.all_partitions() {
            match partition.compaction_due(now_ms) {
                Ok(share) => due.extend(share.map(|share| (share, partition))),
                Err(error) => result = result.and(Err(error)),
            }
        }
        due.sort_by(|(a, _), (b, _)| b.total_cmp(a));
        for (_, partition) in due {
            if let Err(error) = partition.compact(now_ms) {
                tracing::warn!(partition = %partition.name, %error, "compaction failed");
                result = result.and(Err(error));
            }
        }
        result
    }

    /// Gives a topic more partitions, so that it has `count`.
    pub fn add_partitions(&self, topic: &str, count: u32) -> Result<(), LogError> {
        let mut change = self.begin_change()?;
        let mut topics = self.topics.read().clone();
        let Some(description) = topics.live.get_mut(topic) else {
            return Err(LogError::UnknownTopic(topic.to_owned()));
        };
        let before = description.partitions;
        if count <= before {
            return Err(partition_count_error(count, "a topic keeps the partitions it has"));
        }
        (description.partitions, description.config.partitions) = (count, count);
        let description = description.clone();
        self.create_folders(&description, before)?;
        self.store_topics(&mut change, topics)?;
        self.serve(partitions_of(&description, before)).map(drop)
    }

    /// Returns the largest timestamp of a partition with the first offset that has it (KIP-734).
    pub fn max_timestamp(
        &self,
        partition: &TopicPartition,
    ) -> Result<Option<(Offset, i64)>, LogError> {
        self.partition(partition)?.max_timestamp()
    }

    /// Returns the cluster that the folder belongs to.
    pub fn cluster_id(&self) -> &str {
        &self.folder.cluster_id
    }

    /// Says whether the last process closed the log.
    pub fn was_closed(&self) -> bool {
        self.folder.was_closed
    }

    /// Returns what the start had to cut off.
    pub fn dropped(&self) -> &[Dropped] {
        &self.dropped
    }

    /// Returns why each damaged partition is read-only.
    pub fn damaged(&self) -> Vec<LogError> {
        self.all_partitions().iter().filter_map(|partition| partition.damage()).collect()
    }

    fn disk(&self) -> &dyn Disk {
        &*self.environment.disk
    }

    fn partition(&self, name: &TopicPartition) -> Result<Arc<Partition>, LogError> {
        if let Some(partition) = self.partitions.read().get(name) {
            return Ok(Arc::clone(partition));
        }
        if self.topics.read().live.contains_key(&*name.topic) {
            return Err(LogError::UnknownPartition(name.clone()));
        }
        Err(LogError::UnknownTopic(name.topic.to_string()))
    }

    fn all_partitions(&self) -> Vec<Arc<Partition>> {
        let mut partitions: Vec<_> = self.partitions.read().values().cloned().collect();
        partitions.sort_by(|a, b| a.name.cmp(&b.name));
        partitions
    }

    /// Lets nobody else change topics. After a change that failed, the file first says again what memory does: folders
    /// that it names must not be touched.
    fn begin_change(&self) -> Result<MutexGuard<'_, bool>, LogError> {
        let mut change = self.topics_change.lock();
        if *change {
            self.topics.read().store(self.disk(), &self.environment.folder)?;
            *change = false;
        }
        Ok(change)
    }

    fn store_topics(&self, has_failed: &mut bool, topics: Topics) -> Result<(), LogError> {
        *has_failed = true;
        topics.store(self.disk(), &self.environment.folder)?;
        *self.topics.write() = topics;
        *has_failed = false;
        Ok(())
    }

    /// Does the same with many, on as many threads as the disk can use.
    fn each<T: Sync, R: Send>(&self, items: &[T], act: impl Fn(&T) -> R + Sync) -> Vec<R> {
        in_parallel(items, self.disk().parallelism(), act)
    }

    /// Creates the folders of a topic's partitions from a number on.
    fn create_folders(&self, topic: &TopicDescription, from: u32) -> Result<(), LogError> {
        let wanted = partitions_of(topic, from);
        let created = self.each(&wanted, |wanted| self.create_folder(wanted));
        created.into_iter().collect::<Result<(), _>>()?;
        self.disk().sync_folder(&self.environment.folder).at(&self.environment.folder)
    }

    /// Creates the folder of a partition, synced but for its own name.
    fn create_folder(&self, wanted: &Wanted) -> Result<(), LogError> {
        let folder = self.environment.folder.join(wanted.name.to_string());
        if self.disk().list(&folder).is_ok() {
            if self.has_records(&folder)? {
                let reason = "it is in the way of a new partition";
                return Err(LogError::DamagedFile { path: folder, reason });
            }
            // Left by a creation that failed.
            self.disk().remove_folder(&folder).at(&folder)?;
        }
        self.disk().create_folder(&folder).at(&folder)?;
        Segment::create(self.disk(), &folder, 0)?;
        let path = folder.join(PARTITION_FILE);
        let text = format!("version: 0\ntopic_id: {}", wanted.topic_id);
        replace_file(self.disk(), &path, text.as_bytes()).at(&path)
    }

    /// Opens partitions; returns what had to be cut off.
    fn serve(&self, wanted: Vec<Wanted>) -> Result<Vec<Dropped>, LogError> {
        let opened = self.each(&wanted, |wanted| self.open_partition(wanted));
        let opened = opened.into_iter().collect::<Result<Vec<_>, _>>()?;
        // What was found is synced before anybody is served. A partition that fails here stops; the others go on.
        self.each(&opened, |(partition, _)| drop(partition.flush()));
        let mut partitions = self.partitions.write();
        let insert = |(partition, dropped): (Partition, Option<Dropped>)| {
            partitions.insert(partition.name.clone(), Arc::new(partition));
            dropped
        };
        Ok(opened.into_iter().filter_map(insert).collect())
    }

    fn open_partition(&self, wanted: &Wanted) -> Result<(Partition, Option<Dropped>), LogError> {
        let Wanted { name, topic_id, settings } = wanted;
        let folder = self.environment.folder.join(name.to_string());
        match topic_id_of(self.disk(), &folder) {
            Some(found) if found == *topic_id => {}
            Some(_) => {
                let (path, reason) = (folder.join(PARTITION_FILE), "it names another topic");
                return Err(LogError::DamagedFile { path, reason });
            }
            None => {
                let missing = format!("{name}/{PARTITION_FILE}");
                let folder = self.environment.folder.clone();
                return Err(LogError::Incomplete { folder, missing });
            }
        }
        let environment = &self.environment;
        let recovery = Recovery { environment, name, folder: &folder, settings };
        let (found, dropped) = recovery.run()?;
        let environment = Arc::clone(environment);
        let partition = Partition::new(name.clone(), environment, Arc::clone(settings), found);
        Ok((partition, dropped))
    }

    /// Removes the folders of a topic that is gone; returns whether they are for good. Until then the topic is kept as one that
    /// is being deleted, and the next start tries again.
    fn remove_folders(&self, topic: &Deleting) -> bool {
        let mut is_done = true;
        for number in 0..topic.partitions {
            let name = TopicPartition::new(topic.name.as_str(), number);
            let folder = self.environment.folder.join(name.to_string());
            let doomed = self.environment.folder.join(format!("{name}.{}-delete", topic.id));
            if topic_id_of(self.disk(), &folder) == Some(topic.id)
                && let Err(error) = self.disk().rename(&folder, &doomed)
            {
                tracing::warn!(partition = %name, %error, "folder of a deleted topic not renamed");
                is_done = false;
            }
            if self.disk().list(&doomed).is_ok()
                && let Err(error) = self.disk().remove_folder(&doomed)
            {
                tracing::warn!(partition = %name, %error, "folder of a deleted topic not removed");
                is_done = false;
            }
        }
        is_done && self.disk().sync_folder(&self.environment.folder).is_ok()
    }

    /// Removes folders that belong to no topic: what is left of a creation or deletion that a crash cut short.
    ///
    /// One with records is left alone, since nobody knows why it is there.
    fn remove_strays(&self, topics: &Topics) -> Result<(), LogError> {
        let root = &self.environment.folder;
        for entry in self.disk().list(root).at(root)? {
            if !entry.is_folder || is_of_topic(&entry.name, topics) {
                continue;
            }
            let folder = root.join(&entry.name);
            if !entry.name.ends_with("-delete") && self.has_records(&folder)? {
                tracing::warn!(folder = %folder.display(), "folder belongs to no topic");
                continue;
            }
            self.disk().remove_folder(&folder).at(&folder)?;
        }
        Ok(())
    }

    fn has_records(&self, folder: &Path) -> Result<bool, LogError> {
        for entry in self.disk().list(folder).at(folder)? {
            let path = folder.join(&entry.name);
            let is_segment = base_of(&entry.name, "log").is_some();
            let is_ours = is_segment || entry.name.starts_with(PARTITION_FILE);
            if !is_ours || is_segment && 0 < self.disk().open(&path).at(&path)?.len().at(&path)? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

impl Log for EmbeddedLog {
    fn create_topic(&self, topic: &str, config: &TopicConfig) -> Result<(), LogError> {
        check_topic_name(topic)?;
        if config.partitions == 0 {
            return Err(partition_count_error(0, "a topic has at least one partition"));
        }
        let mut change = self.begin_change()?;
        if self.environment.is_closed() {
            return Err(LogError::Closed);
        }
        let mut topics = self.topics.read().clone();
        if topics.live.contains_key(topic) {
            return Err(LogError::TopicExists(topic.to_owned()));
        }
        let description = TopicDescription {
            name: topic.to_owned(),
            id: TopicId::random(),
            partitions: config.partitions,
            config: config.clone(),
        };
        self.create_folders(&description, 0)?;
        topics.live.insert(topic.to_owned(), description.clone());
        *change = true;
        topics.store(self.disk(), &self.environment.folder)?;
        self.serve(partitions_of(&description, 0))?;
        *self.topics.write() = topics;
        *change = false;
        Ok(())
    }

    fn delete_topic(&self, topic: &str) -> Result<(), LogError> {
        let mut change = self.begin_change()?;
        let mut topics = self.topics.read().clone();
        let Some(description) = topics.live.remove(topic) else {
            return Err(LogError::UnknownTopic(topic.to_owned()));
        };
        let TopicDescription { name, id, partitions, .. } = description;
        let deleting = Deleting { name, id, partitions };
        topics.deleting.push(deleting.clone());
        self.store_topics(&mut change, topics)?;
        for number in 0..partitions {
            let name = TopicPartition::new(topic, number);
            if let Some(partition) = self.partitions.write().remove(&name) {
                partition.delete();
            }
        }
        if self.remove_folders(&deleting) {
            self.topics.write().deleting.retain(|topic| *topic != deleting);
        }
        Ok(())
    }

    fn alter_topic(&self, topic: &str, config: &TopicConfig) -> Result<(), LogError> {
        let mut change = self.begin_change()?;
        let mut topics = self.topics.read().clone();
        let Some(description) = topics.live.get_mut(topic) else {
            return Err(LogError::UnknownTopic(topic.to_owned()));
        };
        description.config = config.clone();
        description.config.partitions = description.partitions;
        let (count, settings) = (description.partitions, Arc::new(config.settings()));
        self.store_topics(&mut change, topics)?;
        for number in 0..count {
            let name = TopicPartition::new(topic, number);
            self.partition(&name)?.set_settings(Arc::clone(&settings));
        }
        Ok(())
    }

    fn topic(&self, topic: &str) -> Option<TopicDescription> {
        self.topics.read().live.get(topic).cloned()
    }

    fn topics(&self) -> Vec<TopicDescription> {
        self.topics.read().live.values().cloned().collect()
    }

    fn append(
        &self,
        partition: &TopicPartition,
        batches: EncodedBatches,
        acks: Acks,
    ) -> Result<Offset, LogError> {
        Ok(self.produce(partition, batches, acks)?.offset)
    }

    fn read(
        &self,
        partition: &TopicPartition,
        from: Offset,
        max_bytes: usize,
        isolation: &Isolation,
    ) -> Result<Fetch, LogError> {
        self.partition(partition)?.read(from, max_bytes, isolation)
    }

    fn offsets(&self, partition: &TopicPartition) -> Result<PartitionOffsets, LogError> {
        Ok(self.partition(partition)?.offsets())
    }

    fn offset_for_time(
        &self,
        partition: &TopicPartition,
        timestamp_ms: i64,
    ) -> Result<Option<(Offset, i64)>, LogError> {
        self.partition(partition)?.offset_for_time(timestamp_ms)
    }

    fn delete_records(&self, partition: &TopicPartition, before: Offset) -> Result<(), LogError> {
        self.partition(partition)?.delete_records(before)
    }

    fn watch(&self, partition: &TopicPartition, waker: Waker) -> Result<WatchGuard, LogError> {
        Ok(self.partition(partition)?.watchers.add(waker))
    }

    fn flush(&self, partitions: &[TopicPartition]) -> Result<(), LogError> {
        let partitions = partitions.iter().map(|name| self.partition(name));
        let partitions = partitions.collect::<Result<Vec<_>, _>>()?;
        self.each(&partitions, |partition| partition.flush()).into_iter().collect()
    }

    fn allocate_producer(&self) -> Result<Producer, LogError> {
        let id = self.producer_ids.lock().allocate(self.disk(), &self.environment.folder)?;
        Ok(Producer { id, epoch: 0 })
    }

    fn end_transaction(
        &self,
        producer: Producer,
        partitions: &[TopicPartition],
        outcome: Outcome,
    ) -> Result<(), LogError> {
        for partition in partitions {
            self.partition(partition)?.end_transaction(producer, outcome)?;
        }
        Ok(())
    }

    fn open_transactions(&self) -> Vec<OpenTransaction> {
        let partitions = self.all_partitions();
        partitions.iter().flat_map(|partition| partition.open_transactions()).collect()
    }
}

/// A partition that is to be there.
struct Wanted {
    name: TopicPartition,
    topic_id: TopicId,
    settings: Arc<Settings>,
}

/// Returns the partitions of a topic from a number on.
fn partitions_of(topic: &TopicDescription, from: u32) -> Vec<Wanted> {
    let settings = Arc::new(topic.config.settings());
    let name: Arc<str> = Arc::from(topic.name.as_str());
    let wanted = |number| Wanted {
        name: TopicPartition::new(Arc::clone(&name), number),
        topic_id: topic.id,
        settings: Arc::clone(&settings),
    };
    (from..topic.partitions).map(wanted).collect()
}

fn partition_count_error(count: u32, reason: &'static str) -> LogError {
    let name = "partitions".to_owned();
    LogError::InvalidProperty { name, value: count.to_string(), reason }
}

/// Reads whose folder it is; none if it does not say.
fn topic_id_of(disk: &dyn Disk, folder: &Path) -> Option<TopicId> {
    let bytes = read_file(disk, &folder.join(PARTITION_FILE)).ok()?;
    let text = std::str::from_utf8(&bytes).ok()?;
    TopicId::parse(text.lines().find_map(|line| line.strip_prefix("topic_id: "))?)
}

/// Says whether a folder's name is that of a partition of a topic.
fn is_of_topic(name: &str, topics: &Topics) -> bool {
    let Some((topic, number)) = name.rsplit_once('-') else { return false };
    let number = number.parse::<u32>();
    topics.live.get(topic).is_some_and(|topic| number.is_ok_and(|number| number < topic.partitions))
}
