//! NEXMark's generator: people, auctions and bids of an online auction. The same seed and rate always give the same events.
//!
//! Event `n` is decided by `n` alone: of fifty events in a row the first is a person, the next three are auctions, the others
//! bids. Its time is `n` divided by the event-time rate after 2015-07-15, so that the rate decides how many events a window holds.
//!
//! Source: the generator of nexmark/nexmark and Apache Beam (`GeneratorConfig`, `PersonGenerator`, `AuctionGenerator`,
//! `BidGenerator`), with their default ratios. A bid's bidder is an id of the person generator, as in Beam.

use std::fmt::Write as _;

use fastrand::Rng;

use crate::data::BASE_TIME_MS;
use crate::data::record::Cell;
use crate::error::Result;

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

/// Which topic an event belongs to; also its place among the topics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EventKind {
    Person,
    Auction,
    Bid,
}

/// Who takes events.
type Each<'a> = &'a mut dyn FnMut(EventKind, &[Cell<'_>]) -> Result<()>;

/// Makes events one after the other.
pub(super) struct Generator {
    next: u64,
    /// Events per second of event time.
    rate: u64,
    seed: u64,
    hot_urls: [String; 4],
}

impl Generator {
    /// Starts at the first event.
    pub(super) fn new(rate: u64, seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed);
        let hot_urls = std::array::from_fn(|_| base_url(&mut rng));
        Generator { next: 0, rate, seed, hot_urls }
    }

    /// Makes the next event.
    pub(super) fn next(&mut self, each: Each<'_>) -> Result<()> {
        let number = self.next;
        self.next += 1;
        // Each event has randomness of its own, so that any part of the sequence can be made alone.
        let mut rng = Rng::with_seed(self.seed ^ number.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let place = number % TOTAL_PROPORTION;
        if place < PERSON_PROPORTION {
            self.person(number, &mut rng, each)
        } else if place < PERSON_PROPORTION + AUCTION_PROPORTION {
            self.auction(number, &mut rng, each)
        } else {
            self.bid(number, &mut rng, each)
        }
    }

    /// Returns the time of an event.
    pub(super) fn time_ms(&self, number: u64) -> u64 {
        BASE_TIME_MS as u64 + number * 1000 / self.rate
    }

    fn person(&self, number: u64, rng: &mut Rng, each: Each<'_>) -> Result<()> {
        let first = FIRST_NAMES[rng.usize(0..FIRST_NAMES.len())];
        let last = LAST_NAMES[rng.usize(0..LAST_NAMES.len())];
        let name = format!("{first} {last}");
        let email = format!("{}@{}.com", text(rng, 7), text(rng, 5));
        let card: Vec<String> = (0..4).map(|_| format!("{:04}", rng.u32(0..10_000))).collect();
        let card = card.join(" ");
        let city = CITIES[rng.usize(0..CITIES.len())];
        let state = STATES[rng.usize(0..STATES.len())];
        let idealised = 8 + name.len() + email.len() + card.len() + city.len() + 2 + 8;
        let extra = padding(rng, idealised, PERSON_BYTES);
        each(
            EventKind::Person,
            &[
                int(FIRST_PERSON_ID + last_person(number)),
                Cell::Text(&name),
                Cell::Text(&email),
                Cell::Text(&card),
                Cell::Text(city),
                Cell::Text(state),
                int(self.time_ms(number)),
                Cell::Text(&extra),
            ],
        )
    }

    fn auction(&self, number: u64, rng: &mut Rng, each: Each<'_>) -> Result<()> {
        let seller = match rng.u64(0..HOT_SELLER_RATIO) {
            0 => next_person(number, rng),
            _ => last_person(number) / HOT_STEP * HOT_STEP,
        };
        let category = FIRST_CATEGORY_ID + rng.u64(0..CATEGORY_COUNT);
        let initial_bid = price(rng);
        let reserve = initial_bid + price(rng);
        let time_ms = self.time_ms(number);
        // The time in which as many auctions begin as are in flight.
        let ahead = AUCTIONS_IN_FLIGHT * TOTAL_PROPORTION / AUCTION_PROPORTION;
        let horizon = self.time_ms(number + ahead) - time_ms;
        let expires = time_ms + 1 + rng.u64(0..(horizon * 2).max(1));
        let (item, description) = (text(rng, 20), text(rng, 100));
        let extra = padding(rng, 8 + item.len() + description.len() + 8 * 6, AUCTION_BYTES);
        each(
            EventKind::Auction,
            &[
                int(FIRST_AUCTION_ID + last_auction(number)),
                Cell::Text(&item),
                Cell::Text(&description),
                int(initial_bid),
                int(reserve),
                int(time_ms),
                int(expires),
                int(FIRST_PERSON_ID + seller),
                int(category),
                Cell::Text(&extra),
            ],
        )
    }

    fn bid(&self, number: u64, rng: &mut Rng, each: Each<'_>) -> Result<()> {
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
        each(
            EventKind::Bid,
            &[
                int(auction),
                int(bidder),
                int(price),
                Cell::Text(&channel),
                Cell::Text(&url),
                int(self.time_ms(number)),
                Cell::Text(&extra),
            ],
        )
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
            // Writing to a String does not fail.
            let _ = write!(url, "&channel_id={id}");
        }
        (format!("channel-{number}"), url)
    }
}

fn int(number: u64) -> Cell<'static> {
    Cell::Int(number as i64)
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
