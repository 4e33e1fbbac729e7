//! `tidemill topic describe`.

use crate::render::entity::heading;
use crate::render::table::table;
use tidemill::engine::TopicDetails;

/// Writes a topic: its partitions, and its options, those that nobody set only if `all`.
pub(crate) fn topic_as_text(topic: &TopicDetails, all: bool, width: Option<usize>) -> String {
    let rows: Vec<Vec<String>> = topic
        .partitions
        .iter()
        .map(|partition| {
            vec![
                partition.partition.to_string(),
                partition.start.to_string(),
                partition.end.to_string(),
                partition.last_stable.to_string(),
            ]
        })
        .collect();
    let heads = ["Partition", "First Offset", "End Offset", "Last Stable Offset"];
    let mut text = format!("Name                 : {}\n", topic.name);
    text.push_str(&format!("ID                   : {}\n", topic.id));
    text.push_str(&format!("\n{}\n", table(&heads, &rows, width)));
    let shown = topic.config.iter().filter(|(_, _, is_default)| all || !is_default);
    let options: String = shown
        .map(|(name, value, is_default)| {
            let note = if *is_default { "  (default)" } else { "" };
            format!("{name} = {value}{note}\n")
        })
        .collect();
    if !options.is_empty() {
        text.push_str(&format!("\n{}{options}", heading("Options")));
    }
    text.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use tidemill::engine::PartitionDetails;

    #[test]
    fn a_topic_shows_its_partitions() {
        let topic = TopicDetails {
            name: "bids".to_owned(),
            id: "sDFh3Jz7QnG0q3xN8kVq0w".to_owned(),
            partitions: vec![PartitionDetails {
                partition: 0,
                start: 0,
                end: 1200,
                last_stable: 1200,
            }],
            config: vec![
                ("cleanup.policy".to_owned(), "compact".to_owned(), false),
                ("retention.ms".to_owned(), "-1".to_owned(), true),
            ],
        };
        expect![[r"
            Name                 : bids
            ID                   : sDFh3Jz7QnG0q3xN8kVq0w

             Partition | First Offset | End Offset | Last Stable Offset
            -----------+--------------+------------+--------------------
                     0 |            0 |       1200 |               1200

            Options
            -------
            cleanup.policy = compact"]]
        .assert_eq(&topic_as_text(&topic, false, None));
    }
}
