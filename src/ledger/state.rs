//! The words of the ledger: the states of an event, and how its click was found.

use serde::{Deserialize, Serialize};

/// Where an event is on its way to TikTok. The words are stored and shown; they never change.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", rename_all = "snake_case")]
pub enum State {
    /// Its click id is not known yet; tried again 75 s, 5 min and 15 min after the postback.
    Waiting,
    /// To be sent as soon as may be.
    Queued,
    /// Sent in vain at least once, or behind a limit; sent again when its time comes.
    Retry,
    /// The pixel is held: everything of it waits, nothing is burnt.
    Held,
    /// TikTok has it.
    Delivered,
    /// TikTok (or our own check, after the wait for the click) refused it, or answered for 72 hours
    /// with a code that nobody lists: replayable.
    Rejected,
    /// 72 hours of trying, or its pixel has left the configuration for good: replayable.
    Expired,
}

impl State {
    /// Every state, in the order of the way.
    pub const ALL: [Self; 7] = [
        Self::Waiting,
        Self::Queued,
        Self::Retry,
        Self::Held,
        Self::Delivered,
        Self::Rejected,
        Self::Expired,
    ];

    /// The word that is stored and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Queued => "queued",
            Self::Retry => "retry",
            Self::Held => "held",
            Self::Delivered => "delivered",
            Self::Rejected => "rejected",
            Self::Expired => "expired",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }

    /// Whether nothing more happens to the event by itself.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Delivered | Self::Rejected | Self::Expired)
    }

    /// Whether a person may send it again. A delivered event is never sent twice.
    pub const fn is_replayable(self) -> bool {
        matches!(self, Self::Rejected | Self::Expired)
    }
}

impl TryFrom<String> for State {
    type Error = &'static str;
    fn try_from(word: String) -> Result<Self, Self::Error> {
        Self::parse(&word).ok_or("an unknown word")
    }
}

/// How the click of a lead was found, in the order in which it is looked for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", rename_all = "snake_case")]
pub enum MatchedBy {
    /// The postback's click id, in KV.
    ClickId,
    /// What the ledger remembers of this (source, transaction id).
    TransactionId,
    /// The ttclid in the postback itself.
    Ttclid,
    /// Not yet: the click id is not known so far, and is tried again.
    Waiting,
    /// There is no click.
    None,
}

impl MatchedBy {
    /// Every way.
    pub const ALL: [Self; 5] =
        [Self::ClickId, Self::TransactionId, Self::Ttclid, Self::Waiting, Self::None];

    /// The word that is stored and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ClickId => "click_id",
            Self::TransactionId => "transaction_id",
            Self::Ttclid => "ttclid",
            Self::Waiting => "waiting",
            Self::None => "none",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|way| way.as_str() == word)
    }
}

impl TryFrom<String> for MatchedBy {
    type Error = &'static str;
    fn try_from(word: String) -> Result<Self, Self::Error> {
        Self::parse(&word).ok_or("an unknown word")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_read_back_and_equal_their_json() {
        for state in State::ALL {
            assert_eq!(State::parse(state.as_str()), Some(state));
            assert_eq!(serde_json::to_value(state).unwrap(), state.as_str());
        }
        for way in MatchedBy::ALL {
            assert_eq!(MatchedBy::parse(way.as_str()), Some(way));
            assert_eq!(serde_json::to_value(way).unwrap(), way.as_str());
        }
        assert_eq!(State::parse("Delivered"), None);
    }
}
