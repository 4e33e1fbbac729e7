//! A topic, as callers see it.

use std::fmt;
use std::hash::{BuildHasher, RandomState};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::{LogError, TopicConfig};

/// Names a topic for its whole life: a topic of the same name that is created later has another (KIP-516).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TopicId(pub [u8; 16]);

impl TopicId {
    /// Returns an id that was never used: a random UUID (RFC 9562, version 4).
    pub(super) fn random() -> TopicId {
        loop {
            let id = TopicId(random_uuid());
            // Kafka keeps these for itself: in text they look like a command-line flag.
            if !id.to_string().starts_with('-') {
                return id;
            }
        }
    }

    pub(super) fn parse(text: &str) -> Option<TopicId> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        Some(TopicId(bytes.try_into().ok()?))
    }
}

/// Written as Kafka does: base64 without padding.
impl fmt::Display for TopicId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

/// What is known of a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicDescription {
    /// Its name.
    pub name: String,
    /// Its id.
    pub id: TopicId,
    /// How many partitions it has.
    pub partitions: u32,
    /// Its properties.
    pub config: TopicConfig,
}

/// Checks a name as Kafka does.
pub(super) fn check_topic_name(name: &str) -> Result<(), LogError> {
    let is_legal = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    let is_valid = !name.is_empty()
        && name.len() <= 249
        && name != "."
        && name != ".."
        && name.bytes().all(is_legal);
    if is_valid { Ok(()) } else { Err(LogError::InvalidTopicName(name.to_owned())) }
}

/// Takes the standard library's random hash keys for 122 random bits: ids must differ, not be secret.
fn random_uuid() -> [u8; 16] {
    let half = || RandomState::new().hash_one(0u8);
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&half().to_be_bytes());
    bytes[8..].copy_from_slice(&half().to_be_bytes());
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    bytes
}
