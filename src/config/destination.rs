//! The landing pages of a campaign and their weights.

use super::reader::{Item, Reader};
use super::{Problems, WebAddress, macros};
use sha2::{Digest, Sha256};

/// Heaviest weight: finer shares than a thousandth need no split test.
const MAX_WEIGHT: u32 = 1_000;
/// Most destinations of one campaign.
const MAX_DESTINATIONS: usize = 32;
/// Bytes of a tag. It only tells the destinations of one campaign apart.
const TAG: usize = 4;

/// A landing page, with its share of the visitors.
#[derive(Clone, PartialEq, Debug)]
pub struct Destination {
    /// Its address, with macros where the owner wrote some.
    pub address: WebAddress,
    /// Its share, against the sum of all weights; 0 = nobody.
    pub weight: u32,
    /// What stands for it in a visitor's cookie: made from its address, so that reordering the
    /// configuration moves nobody.
    pub tag: String,
}

impl Destination {
    /// Whether its address is only whole once a click fills its macros.
    pub fn has_macros(&self) -> bool {
        self.address.to_string().contains('{')
    }
}

/// At least one destination.
#[derive(Clone, PartialEq, Debug)]
pub struct Destinations {
    first: Destination,
    more: Vec<Destination>,
}

impl Destinations {
    /// Whether there is only one, so that there is nothing to choose.
    pub fn is_single(&self) -> bool {
        self.more.is_empty()
    }

    /// All of them, in the order of the configuration.
    pub fn iter(&self) -> impl Iterator<Item = &Destination> {
        std::iter::once(&self.first).chain(&self.more)
    }

    /// The destination with this tag, if visitors are still sent there.
    pub fn tagged(&self, tag: &str) -> Option<&Destination> {
        self.iter().find(|destination| destination.weight > 0 && destination.tag == tag)
    }

    /// The destination that a number drawn evenly from all `u32` falls upon.
    pub fn drawn(&self, number: u32) -> &Destination {
        let total = self.iter().map(|destination| u64::from(destination.weight)).sum();
        let mut left = u64::from(number).checked_rem(total).unwrap_or(0);
        for destination in self.iter() {
            let weight = u64::from(destination.weight);
            match left.checked_sub(weight) {
                Some(rest) => left = rest,
                None => return destination,
            }
        }
        &self.first
    }

    /// Reads `destination` or `destinations`; without either, `landing_page` is the destination.
    pub(super) fn read(
        reader: &mut Reader<'_>,
        landing_page: Option<&WebAddress>,
        problems: &mut Problems,
    ) -> Option<Self> {
        let several = reader.has("destinations");
        if several && reader.has("destination") {
            problems.add(reader.path("destinations"), "set this or destination, not both");
        }
        let fallback = landing_page.filter(|_| !reader.has("destination"));
        let all = match (several, fallback) {
            (true, _) => {
                let _ = reader.parsed("destination", address, problems);
                reader.items("destinations", read_item, problems)
            }
            (false, Some(page)) => vec![new(page.clone(), 1)],
            (false, None) => reader
                .required("destination", address, problems)
                .map(|address| new(address, 1))
                .into_iter()
                .collect(),
        };
        if several && !all.is_empty() && all.iter().all(|destination| destination.weight == 0) {
            problems.add(reader.path("destinations"), "needs a weight above 0");
        }
        if several && !(1..=MAX_DESTINATIONS).contains(&all.len()) {
            problems.add(reader.path("destinations"), "must hold 1 to 32 destinations");
        }
        let mut all = all.into_iter();
        Some(Self { first: all.next()?, more: all.collect() })
    }
}

fn read_item(item: Item<'_>, problems: &mut Problems) -> Option<Destination> {
    match item {
        Item::Text(text) => Some(new(text.parsed(address, problems)?, 1)),
        Item::Table(mut reader) => {
            let address = reader.required("url", address, problems);
            let weight = reader.days("weight", 0..=MAX_WEIGHT, 1, problems);
            reader.finish(problems);
            Some(new(address?, weight))
        }
    }
}

fn new(address: WebAddress, weight: u32) -> Destination {
    let hash = Sha256::digest(address.to_string());
    let tag = hex::encode(hash.get(..TAG).unwrap_or_default());
    Destination { address, weight, tag }
}

fn address(text: &str) -> Result<WebAddress, &'static str> {
    let address = WebAddress::parse(text)?;
    macros::check(text)?;
    Ok(address)
}
