//! The file that says which topics there are.
//!
//! ```text
//! tidemill-topics 1
//! topic 3 cFEDrVNRQlWWXz8Jq5ZBCw orders
//! property retention.ms=-1
//! deleting 1 0kDpmM0wTmqNFpBGGS5mvw old
//! crc32c 0badcafe
//! ```
//!
//! It is replaced whole. A topic exists from the moment that the file has it, after its partitions' folders are
//! there; it is gone from the moment that the file says `deleting`, and its folders go after that.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;

use super::error::AtPath;
use super::{LogError, TopicConfig, TopicDescription, TopicId};
use crate::disk::{Disk, read_file, replace_file};

pub(super) const FILE: &str = "topics";
const TITLE: &str = "tidemill-topics 1";

/// All topics.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Topics {
    pub(super) live: BTreeMap<String, TopicDescription>,
    /// Topics whose folders may still be there.
    pub(super) deleting: Vec<Deleting>,
}

/// A topic that is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Deleting {
    pub(super) name: String,
    pub(super) id: TopicId,
    pub(super) partitions: u32,
}

impl Topics {
    pub(super) fn is_empty(&self) -> bool {
        self.live.is_empty() && self.deleting.is_empty()
    }

    /// Reads the topics of a folder.
    pub(super) fn load(disk: &dyn Disk, folder: &Path) -> Result<Topics, LogError> {
        let path = folder.join(FILE);
        let bytes = match read_file(disk, &path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let (folder, missing) = (folder.to_path_buf(), FILE.to_owned());
                return Err(LogError::Incomplete { folder, missing });
            }
            Err(error) => return Err(LogError::disk(path, error)),
        };
        let topics = std::str::from_utf8(&bytes).ok().and_then(parse);
        topics.ok_or(LogError::DamagedFile { path, reason: "it is not a whole list of topics" })
    }

    /// Writes the topics so that they survive a power loss.
    pub(super) fn store(&self, disk: &dyn Disk, folder: &Path) -> Result<(), LogError> {
        let path = folder.join(FILE);
        replace_file(disk, &path, self.to_text().as_bytes()).at(&path)
    }

    fn to_text(&self) -> String {
        let mut text = format!("{TITLE}\n");
        for topic in self.live.values() {
            text += &format!("topic {} {} {}\n", topic.partitions, topic.id, topic.name);
            for (name, value) in topic.config.properties() {
                text += &format!("property {name}={value}\n");
            }
        }
        for Deleting { name, id, partitions } in &self.deleting {
            text += &format!("deleting {partitions} {id} {name}\n");
        }
        let crc = crc32c::crc32c(text.as_bytes());
        text + &format!("crc32c {crc:08x}\n")
    }
}

fn parse(text: &str) -> Option<Topics> {
    let (body, crc) = text.strip_suffix('\n')?.rsplit_once("crc32c ")?;
    if u32::from_str_radix(crc, 16) != Ok(crc32c::crc32c(body.as_bytes())) {
        return None;
    }
    let mut lines = body.lines();
    if lines.next() != Some(TITLE) {
        return None;
    }
    let mut topics = Topics::default();
    let mut current = None;
    for line in lines {
        let (kind, rest) = line.split_once(' ')?;
        match kind {
            "topic" => {
                let Deleting { name, id, partitions } = parse_topic(rest)?;
                let config = TopicConfig::new(partitions);
                current = Some(name.clone());
                topics.live.insert(name.clone(), TopicDescription { name, id, partitions, config });
            }
            "property" => {
                let (name, value) = rest.split_once('=')?;
                let topic = topics.live.get_mut(current.as_ref()?)?;
                topic.config.set(name, value).ok()?;
            }
            "deleting" => topics.deleting.push(parse_topic(rest)?),
            _ => return None,
        }
    }
    Some(topics)
}

fn parse_topic(text: &str) -> Option<Deleting> {
    let mut words = text.splitn(3, ' ');
    let partitions = words.next()?.parse().ok()?;
    let id = TopicId::parse(words.next()?)?;
    Some(Deleting { name: words.next()?.to_owned(), id, partitions })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comes_back_from_its_text() {
        let config = TopicConfig::new(3).with("retention.ms", "-1").unwrap();
        let (name, id) = ("orders".to_owned(), TopicId::random());
        let topic = TopicDescription { name: name.clone(), id, partitions: 3, config };
        let deleting = vec![Deleting { name: "old".into(), id: TopicId::random(), partitions: 1 }];
        let topics = Topics { live: [(name, topic)].into(), deleting };
        assert_eq!(parse(&topics.to_text()), Some(topics.clone()));
        assert_eq!(parse(&topics.to_text().replace("orders", "others")), None);
        assert_eq!(parse(&Topics::default().to_text()), Some(Topics::default()));
    }
}
