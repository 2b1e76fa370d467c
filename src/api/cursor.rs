//! Where a list goes on, over all shards.

use std::fmt;

/// Where one shard's list goes on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Position {
    /// At its newest event.
    Start,
    /// With events older than this number.
    Before(i64),
    /// Nowhere: it was read to its end.
    End,
}

/// Where a list goes on, shard by shard: `17.-.s` is "before 17, at the end, at the start".
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cursor(Vec<Position>);

impl Cursor {
    /// The beginning of the lists of so many shards.
    pub fn start(shards: u32) -> Self {
        Self((0..shards).map(|_| Position::Start).collect())
    }

    /// A cursor of these positions, one a shard.
    pub fn new(positions: Vec<Position>) -> Self {
        Self(positions)
    }

    /// Reads a cursor for so many shards; none if it is not one.
    pub fn parse(text: &str, shards: u32) -> Option<Self> {
        let position = |part: &str| match part {
            "s" => Some(Position::Start),
            "-" => Some(Position::End),
            number => number.parse().ok().map(Position::Before),
        };
        let positions: Option<Vec<_>> = text.split('.').map(position).collect();
        let positions = positions?;
        (u32::try_from(positions.len()) == Ok(shards)).then_some(Self(positions))
    }

    /// The positions, one a shard, in the shards' order.
    pub fn positions(&self) -> &[Position] {
        &self.0
    }

    /// Whether every shard was read to its end.
    pub fn is_end(&self) -> bool {
        self.0.iter().all(|position| *position == Position::End)
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, position) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(".")?;
            }
            match position {
                Position::Start => f.write_str("s")?,
                Position::Before(number) => write!(f, "{number}")?,
                Position::End => f.write_str("-")?,
            }
        }
        Ok(())
    }
}

/// One event's address: its shard, and its number there (`0-42`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EventNumber {
    /// The shard.
    pub shard: u32,
    /// The number in the shard.
    pub id: i64,
}

impl EventNumber {
    /// Reads `{shard}-{number}`.
    pub fn parse(text: &str) -> Option<Self> {
        let (shard, id) = text.split_once('-')?;
        Some(Self { shard: shard.parse().ok()?, id: id.parse().ok()? })
    }
}

impl fmt::Display for EventNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.shard, self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_are_read_as_they_are_written() {
        let cursor = Cursor::new(vec![Position::Before(17), Position::End, Position::Start]);
        assert_eq!(cursor.to_string(), "17.-.s");
        assert_eq!(Cursor::parse("17.-.s", 3), Some(cursor));
        for bad in ["17.-", "17.-.s.s", "", "x.-.s", "1e3.-.s"] {
            assert_eq!(Cursor::parse(bad, 3), None, "{bad}");
        }
        assert!(Cursor::parse("-", 1).expect("a cursor").is_end());
        assert_eq!(EventNumber::parse("3-42"), Some(EventNumber { shard: 3, id: 42 }));
        assert_eq!(EventNumber::parse("42"), None);
    }
}
