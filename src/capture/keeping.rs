//! How hard a click's record is tried to be stored behind the answer. The platform lets work go on
//! for 30 s after a reply: all steps together, waits and time-outs included, stay below that.

use std::net::IpAddr;

/// One try to store a record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// Into KV.
    Put {
        /// Wait so long first, in milliseconds.
        after: u32,
        /// Give up after so long, in milliseconds.
        time_out: u32,
    },
    /// To the ledger, which keeps it and writes it later.
    HandOver {
        /// Give up after so long, in milliseconds.
        time_out: u32,
    },
}

/// The steps in order, until one succeeds. A click that none of them stores waits in the isolate for
/// the next report to the ledger. A put that only seemed to fail does no harm: the next one writes
/// the same again, more than a second later because KV takes one write per second and key.
pub const KEEPING: [Step; 3] = [
    Step::Put { after: 0, time_out: 8_000 },
    Step::Put { after: 1_500, time_out: 8_000 },
    Step::HandOver { time_out: 8_000 },
];

/// What a flood is counted by: the address, or of an IPv6 address the first 64 bits, for whoever has
/// one has the other 2^64 too.
pub fn flood_key(ip: &str) -> String {
    match ip.parse() {
        Ok(IpAddr::V6(v6)) if v6.to_ipv4_mapped().is_none() => {
            let [a, b, c, d, ..] = v6.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
        _ => ip.chars().take(64).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_steps_fit_into_a_requests_life() {
        let longest: u32 = KEEPING
            .iter()
            .map(|step| match step {
                Step::Put { after, time_out } => after + time_out,
                Step::HandOver { time_out } => *time_out,
            })
            .sum();
        // The first put has up to a second more (`glue.js`).
        assert!(longest + 1_000 < 28_000, "{longest}");
    }

    #[test]
    fn a_flood_cannot_hide_in_its_own_network() {
        for (ip, key) in [
            ("203.0.113.9", "203.0.113.9"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
            ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
            ("::ffff:203.0.113.9", "::ffff:203.0.113.9"),
            ("", ""),
        ] {
            assert_eq!(flood_key(ip), key);
        }
    }
}
