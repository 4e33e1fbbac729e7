//! NEXMark's generator: people, auctions and bids of an online auction, as JSON. The same seed and rate always give the same events.
//!
//! Event `n` is decided by `n` alone: of fifty events in a row the first is a person, the next three are auctions, the others
//! bids. Its time is `n` divided by the event-time rate after 2015-07-15, so that the rate decides how many events a window holds.
//!
//! Source: the generator of nexmark/nexmark and Apache Beam (`GeneratorConfig`, `PersonGenerator`, `AuctionGenerator`,
//! `BidGenerator`), with their default ratios. A bid's bidder is an id of the person generator, as in Beam.

use std::fmt::Write as _;

use fastrand::Rng;

/// 2015-07-15 00:00 UTC.
const BASE_TIME_MS: u64 = 1_436_918_400_000;
const PERSON_PROPORTION: u64 = 1;
const AUCTION_PROPORTION: u64 = 3;
const TOTAL_PROPORTION: u64 = 50;
const FIRST_PERSON_ID: u64 = 1000;
const FIRST_AUCTION_ID: u64 = 1000;
const FIRST_CATEGORY_ID: u64 = 10;
const CATEGORY_COUNT: u64 = 5;
const ACTIVE_PEOPLE: u64 = 1000;
const AUCTIONS_IN_FLIGHT: u64 = 100;
/// How many ids beyond the last one may be named: of those that come soon.
const ID_LEAD: u64 = 10;
/// One of so many people or auctions is hot.
const HOT_STEP: u64 = 100;
const HOT_AUCTION_RATIO: u64 = 2;
const HOT_BIDDER_RATIO: u64 = 4;
const HOT_SELLER_RATIO: u64 = 4;
/// The sizes that events are padded to on average, by NEXMark's idealised count of their fields.
const PERSON_BYTES: usize = 200;
const AUCTION_BYTES: usize = 500;
const BID_BYTES: usize = 100;

const FIRST_NAMES: [&str; 11] = [
    "Peter", "Paul", "Luke", "John", "Saul", "Vicky", "Kate", "Julie", "Sarah", "Deiter", "Walter",
];
const LAST_NAMES: [&str; 9] =
    ["Shultz", "Abrams", "Spencer", "White", "Bartels", "Walton", "Smith", "Jones", "Noris"];
const CITIES: [&str; 10] = [
    "Phoenix",
    "Palo Alto",
    "San Mateo",
    "Boise",
    "Portland",
    "Bend",
    "Redmond",
    "Seattle",
    "Kent",
    "Cheyenne",
];
const STATES: [&str; 6] = ["AZ", "CA", "ID", "OR", "WA", "WY"];
const HOT_CHANNELS: [&str; 4] = ["Google", "Facebook", "Baidu", "Apple"];

/// Which topic an event belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EventKind {
    Person,
    Auction,
    Bid,
}

/// What was generated beside the document, which is in the caller's buffer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Event {
    pub(crate) kind: EventKind,
    /// The person's or auction's id; of a bid the auction's.
    pub(crate) id: u64,
    pub(crate) time_ms: i64,
}

/// Makes events one after the other.
pub(crate) struct Generator {
    next: u64,
    /// Events per second of event time.
    rate: u64,
    seed: u64,
    hot_urls: [String; 4],
}

impl Generator {
    /// Starts at the first event.
    pub(crate) fn new(rate: u64, seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed);
        let hot_urls = std::array::from_fn(|_| base_url(&mut rng));
        Generator { next: 0, rate, seed, hot_urls }
    }

    /// Appends the next event's document to a buffer.
    pub(crate) fn next(&mut self, out: &mut String) -> Event {
        let number = self.next;
        self.next += 1;
        let time_ms = self.time_ms(number);
        // Each event has randomness of its own, so that any part of the sequence can be made alone.
        let mut rng = Rng::with_seed(self.seed ^ number.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let place = number % TOTAL_PROPORTION;
        let (kind, id) = if place < PERSON_PROPORTION {
            (EventKind::Person, person(number, time_ms, &mut rng, out))
        } else if place < PERSON_PROPORTION + AUCTION_PROPORTION {
            (EventKind::Auction, self.auction(number, time_ms, &mut rng, out))
        } else {
            (EventKind::Bid, self.bid(number, time_ms, &mut rng, out))
        };
        Event { kind, id, time_ms: time_ms as i64 }
    }

    fn time_ms(&self, number: u64) -> u64 {
        BASE_TIME_MS + number * 1000 / self.rate
    }

    fn auction(&self, number: u64, time_ms: u64, rng: &mut Rng, out: &mut String) -> u64 {
        let id = FIRST_AUCTION_ID + last_auction(number);
        let seller = match rng.u64(0..HOT_SELLER_RATIO) {
            0 => next_person(number, rng),
            _ => last_person(number) / HOT_STEP * HOT_STEP,
        };
        let category = FIRST_CATEGORY_ID + rng.u64(0..CATEGORY_COUNT);
        let initial_bid = price(rng);
        let reserve = initial_bid + price(rng);
        // The time in which as many auctions begin as are in flight.
        let ahead = AUCTIONS_IN_FLIGHT * TOTAL_PROPORTION / AUCTION_PROPORTION;
        let horizon = self.time_ms(number + ahead) - time_ms;
        let expires = time_ms + 1 + rng.u64(0..(horizon * 2).max(1));
        let (item, description) = (text(rng, 20), text(rng, 100));
        let extra = padding(rng, 8 + item.len() + description.len() + 8 * 6, AUCTION_BYTES);
        let seller = FIRST_PERSON_ID + seller;
        write!(
            out,
            r#"{{"id":{id},"itemName":"{item}","description":"{description}","initialBid":{initial_bid},"reserve":{reserve},"dateTime":{time_ms},"expires":{expires},"seller":{seller},"category":{category},"extra":"{extra}"}}"#
        )
        .expect("a String takes all");
        id
    }

    fn bid(&self, number: u64, time_ms: u64, rng: &mut Rng, out: &mut String) -> u64 {
        let auction = FIRST_AUCTION_ID
            + match rng.u64(0..HOT_AUCTION_RATIO) {
                0 => next_auction(number, rng),
                _ => last_auction(number) / HOT_STEP * HOT_STEP,
            };
        let bidder = FIRST_PERSON_ID
            + match rng.u64(0..HOT_BIDDER_RATIO) {
                0 => next_person(number, rng),
                _ => last_person(number) / HOT_STEP * HOT_STEP + 1,
            };
        let price = price(rng);
        let (channel, url) = self.channel(rng);
        let extra = padding(rng, 32, BID_BYTES);
        write!(
            out,
            r#"{{"auction":{auction},"bidder":{bidder},"price":{price},"channel":"{channel}","url":"{url}","dateTime":{time_ms},"extra":"{extra}"}}"#
        )
        .expect("a String takes all");
        auction
    }

    fn channel(&self, rng: &mut Rng) -> (String, String) {
        if rng.bool() {
            let hot = rng.usize(0..HOT_CHANNELS.len());
            return (HOT_CHANNELS[hot].to_owned(), self.hot_urls[hot].clone());
        }
        let number = rng.u32(0..10_000);
        let mut url = base_url(rng);
        if rng.u8(0..10) != 0 {
            let id = (number.reverse_bits() as i32).unsigned_abs();
            write!(url, "&channel_id={id}").expect("a String takes all");
        }
        (format!("channel-{number}"), url)
    }
}

fn person(number: u64, time_ms: u64, rng: &mut Rng, out: &mut String) -> u64 {
    let id = FIRST_PERSON_ID + last_person(number);
    let first = FIRST_NAMES[rng.usize(0..FIRST_NAMES.len())];
    let last = LAST_NAMES[rng.usize(0..LAST_NAMES.len())];
    let email = format!("{}@{}.com", text(rng, 7), text(rng, 5));
    let card: Vec<String> = (0..4).map(|_| format!("{:04}", rng.u32(0..10_000))).collect();
    let card = card.join(" ");
    let city = CITIES[rng.usize(0..CITIES.len())];
    let state = STATES[rng.usize(0..STATES.len())];
    let idealised =
        8 + first.len() + last.len() + 1 + email.len() + card.len() + city.len() + 2 + 8;
    let extra = padding(rng, idealised, PERSON_BYTES);
    write!(
        out,
        r#"{{"id":{id},"name":"{first} {last}","emailAddress":"{email}","creditCard":"{card}","city":"{city}","state":"{state}","dateTime":{time_ms},"extra":"{extra}"}}"#
    )
    .expect("a String takes all");
    id
}

/// Returns the number of the last person up to an event.
fn last_person(number: u64) -> u64 {
    number / TOTAL_PROPORTION * PERSON_PROPORTION
}

/// Returns the number of the last auction up to an event.
fn last_auction(number: u64) -> u64 {
    let (round, place) = (number / TOTAL_PROPORTION, number % TOTAL_PROPORTION);
    if place < PERSON_PROPORTION {
        return (round * AUCTION_PROPORTION).saturating_sub(1);
    }
    let place = (place - PERSON_PROPORTION).min(AUCTION_PROPORTION - 1);
    round * AUCTION_PROPORTION + place
}

/// Picks one of the people who are active, or come soon.
fn next_person(number: u64, rng: &mut Rng) -> u64 {
    let count = last_person(number) + 1;
    let active = count.min(ACTIVE_PEOPLE);
    count - active + rng.u64(0..active + ID_LEAD)
}

/// Picks one of the auctions in flight, or to come soon.
fn next_auction(number: u64, rng: &mut Rng) -> u64 {
    let last = last_auction(number);
    let first = last.saturating_sub(AUCTIONS_IN_FLIGHT);
    first + rng.u64(0..last - first + 1 + ID_LEAD)
}

/// Returns 1 to a million, in hundredths, each order of magnitude as likely as the others.
fn price(rng: &mut Rng) -> u64 {
    (10_f64.powf(rng.f64() * 6.0) * 100.0).round() as u64
}

/// Returns a text of at least three and less than `length_max` letters, with a space here and there.
fn text(rng: &mut Rng, length_max: usize) -> String {
    let length = 3 + rng.usize(0..length_max - 3);
    letters(rng, length, ' ').trim().to_owned()
}

fn letters(rng: &mut Rng, length: usize, special: char) -> String {
    let mut letter = || match rng.u8(0..13) {
        0 => special,
        _ => rng.lowercase(),
    };
    (0..length).map(|_| letter()).collect()
}

/// Returns letters that bring an event of `size` bytes to `wanted` bytes, a fifth more or less.
fn padding(rng: &mut Rng, size: usize, wanted: usize) -> String {
    let Some(missing) = wanted.checked_sub(size) else { return String::new() };
    let fifth = missing / 5;
    let length = missing - fifth + rng.usize(0..2 * fifth + 1);
    (0..length).map(|_| rng.lowercase()).collect()
}

fn base_url(rng: &mut Rng) -> String {
    let mut part = || {
        let length = 3 + rng.usize(0..2);
        letters(rng, length, '_')
    };
    format!("https://www.nexmark.com/{}/{}/{}/item.htm?query=1", part(), part(), part())
}
