//! NEXMark's topics: people, auctions and bids, and the side table of query 13.

use crate::data::generator::Generator;
use crate::data::record::{Cell, Kind, RecordTime, TopicShape};
use crate::data::{BASE_TIME_MS, CLOSING_MS, CLOSING_ROWS, DataSet};
use crate::error::Result;

/// NEXMark's events.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Nexmark {
    pub(crate) events: u64,
    /// Events per second of event time.
    pub(crate) rate: u64,
}

const SEED: u64 = 1;

/// How many rows query 13's side table has.
pub(crate) const SIDE_ROWS: i64 = 10_000;

const PERSON: TopicShape = TopicShape {
    name: "person",
    columns: &[
        ("id", Kind::Int),
        ("name", Kind::Text),
        ("emailAddress", Kind::Text),
        ("creditCard", Kind::Text),
        ("city", Kind::Text),
        ("state", Kind::Text),
        ("dateTime", Kind::Int),
        ("extra", Kind::Text),
    ],
    is_keyed: true,
    time: RecordTime::Before,
};

const AUCTION: TopicShape = TopicShape {
    name: "auction",
    columns: &[
        ("id", Kind::Int),
        ("itemName", Kind::Text),
        ("description", Kind::Text),
        ("initialBid", Kind::Int),
        ("reserve", Kind::Int),
        ("dateTime", Kind::Int),
        ("expires", Kind::Int),
        ("seller", Kind::Int),
        ("category", Kind::Int),
        ("extra", Kind::Text),
    ],
    is_keyed: true,
    time: RecordTime::Before,
};

/// Bids have no key, so that what groups or joins them has to bring them together first.
const BID: TopicShape = TopicShape {
    name: "bid",
    columns: &[
        ("auction", Kind::Int),
        ("bidder", Kind::Int),
        ("price", Kind::Int),
        ("channel", Kind::Text),
        ("url", Kind::Text),
        ("dateTime", Kind::Int),
        ("extra", Kind::Text),
    ],
    is_keyed: false,
    time: RecordTime::Column(5),
};

const SIDE: TopicShape = TopicShape {
    name: "side",
    columns: &[("k", Kind::Int), ("value", Kind::Text)],
    is_keyed: true,
    time: RecordTime::Before,
};

const SIDE_PLACE: usize = 3;
const BID_PLACE: usize = 2;

impl DataSet for Nexmark {
    fn topics(&self) -> &'static [TopicShape] {
        // By the places of `EventKind`.
        const { &[PERSON, AUCTION, BID, SIDE] }
    }

    /// Auctions and people are tables, which are there before the bids, and streams with event times of their own.
    fn statements(&self) -> &'static str {
        "CREATE STREAM bid (auction BIGINT, bidder BIGINT, price BIGINT, channel VARCHAR, url VARCHAR, dateTime BIGINT, extra VARCHAR)
           WITH (kafka_topic = 'bid', value_format = 'json', partitions = {partitions}, timestamp = 'dateTime');
         CREATE TABLE auction (id BIGINT PRIMARY KEY, itemName VARCHAR, description VARCHAR, initialBid BIGINT, reserve BIGINT,
             dateTime BIGINT, expires BIGINT, seller BIGINT, category BIGINT, extra VARCHAR)
           WITH (kafka_topic = 'auction', value_format = 'json', partitions = {partitions});
         CREATE TABLE person (id BIGINT PRIMARY KEY, name VARCHAR, emailAddress VARCHAR, creditCard VARCHAR, city VARCHAR,
             state VARCHAR, dateTime BIGINT, extra VARCHAR)
           WITH (kafka_topic = 'person', value_format = 'json', partitions = {partitions});
         CREATE STREAM auctions (id BIGINT KEY, dateTime BIGINT, seller BIGINT)
           WITH (kafka_topic = 'auction', value_format = 'json', timestamp = 'dateTime');
         CREATE STREAM people (id BIGINT KEY, name VARCHAR, dateTime BIGINT)
           WITH (kafka_topic = 'person', value_format = 'json', timestamp = 'dateTime');
         CREATE TABLE side (k BIGINT PRIMARY KEY, value VARCHAR)
           WITH (kafka_topic = 'side', value_format = 'json', partitions = {partitions});"
    }

    fn rows(&self, each: &mut dyn FnMut(usize, &[Cell<'_>]) -> Result<()>) -> Result<()> {
        for number in 0..SIDE_ROWS {
            each(SIDE_PLACE, &[Cell::Int(number), Cell::Text(&format!("side-{number}"))])?;
        }
        let mut generator = Generator::new(self.rate, SEED);
        for _ in 0..self.events {
            generator.next(&mut |kind, cells| each(kind as usize, cells))?;
        }
        let end = BASE_TIME_MS + (self.events * 1000 / self.rate) as i64 + CLOSING_MS;
        for number in 0..CLOSING_ROWS {
            let (channel, url) = (Cell::Text("channel-0"), Cell::Text("https://www.nexmark.com/"));
            let cells = [Cell::Int(number), Cell::Int(number), Cell::Int(1), channel, url];
            let cells: Vec<_> = cells.into_iter().chain([Cell::Int(end), Cell::Text("")]).collect();
            each(BID_PLACE, &cells)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::generator::EventKind;

    #[test]
    fn of_fifty_events_one_is_a_person_three_are_auctions_and_the_others_bids() {
        let mut counts = [0; 4];
        let data = Nexmark { events: 50_000, rate: 10_000 };
        data.rows(&mut |topic, _| {
            counts[topic] += 1;
            Ok(())
        })
        .unwrap();
        assert_eq!(counts, [1000, 3000, 46_000 + CLOSING_ROWS, SIDE_ROWS]);
    }

    #[test]
    fn topics_stand_at_the_places_of_their_events() {
        let topics = Nexmark { events: 0, rate: 1 }.topics();
        let names: Vec<&str> = topics.iter().map(|topic| topic.name).collect();
        assert_eq!(names, ["person", "auction", "bid", "side"]);
        assert_eq!(
            [EventKind::Person as usize, EventKind::Auction as usize, EventKind::Bid as usize],
            [0, 1, BID_PLACE]
        );
    }
}
