//! Address ranges, as `allowed_ips` names them.

use std::net::{IpAddr, Ipv6Addr};

/// A range of IPv4 or IPv6 addresses, or a single one. An IPv4 address in IPv6 clothes
/// (`::ffff:10.0.0.1`) is the IPv4 address, in a range and in a caller.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cidr {
    /// As IPv6, IPv4 mapped into it; the bits outside the mask are zero.
    network: u128,
    mask: u128,
}

/// How many bits come before an IPv4 address that is mapped into IPv6.
const MAPPED_BITS: u32 = 96;

impl Cidr {
    /// Reads `203.0.113.0/24`, `2001:db8::/32` or a single address. Bits outside the mask may be
    /// set: `10.0.0.1/8` is `10.0.0.0/8`.
    ///
    /// ```
    /// use clickjoin::postback::auth::Cidr;
    /// let range = Cidr::parse("203.0.113.0/24").unwrap();
    /// assert!(range.contains("::ffff:203.0.113.9".parse().unwrap()));
    /// assert!(!range.contains("203.0.114.1".parse().unwrap()));
    /// ```
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => {
                let digits = !prefix.is_empty() && prefix.bytes().all(|b| b.is_ascii_digit());
                (address, Some(prefix.parse::<u32>().ok().filter(|_| digits)?))
            }
            None => (text, None),
        };
        let address = address.parse::<IpAddr>().ok()?;
        let bits = match (address, prefix) {
            (_, None) => 128,
            (IpAddr::V4(_), Some(prefix)) if prefix <= 32 => MAPPED_BITS.saturating_add(prefix),
            (IpAddr::V6(_), Some(prefix)) if prefix <= 128 => prefix,
            _ => return None,
        };
        let mask = u128::MAX.checked_shl(128_u32.saturating_sub(bits)).unwrap_or(0);
        Some(Self { network: bits_of(address) & mask, mask })
    }

    /// Whether an address is in the range.
    pub fn contains(&self, address: IpAddr) -> bool {
        bits_of(address) & self.mask == self.network
    }
}

fn bits_of(address: IpAddr) -> u128 {
    let address: Ipv6Addr = match address {
        IpAddr::V4(v4) => v4.to_ipv6_mapped(),
        IpAddr::V6(v6) => v6,
    };
    u128::from(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges() {
        for (range, inside, outside) in [
            ("203.0.113.7", "203.0.113.7", "203.0.113.8"),
            ("203.0.113.0/24", "203.0.113.255", "203.0.112.255"),
            ("10.9.8.7/8", "10.0.0.1", "11.0.0.1"),
            ("::ffff:10.0.0.0/104", "10.1.2.3", "11.0.0.1"),
            ("0.0.0.0/0", "198.51.100.1", "2001:db8::1"),
            ("2001:db8::/32", "2001:db8:ffff::1", "2001:db9::1"),
            ("2001:db8::1", "2001:db8::1", "2001:db8::2"),
            ("203.0.113.0/24", "::ffff:203.0.113.1", "::203.0.113.1"),
        ] {
            let range = Cidr::parse(range).unwrap();
            assert!(range.contains(inside.parse().unwrap()), "{inside} in {range:?}");
            assert!(!range.contains(outside.parse().unwrap()), "{outside} not in {range:?}");
        }
        assert!(Cidr::parse("::/0").unwrap().contains("203.0.113.1".parse().unwrap()));
    }

    #[test]
    fn what_is_no_range() {
        for text in [
            "",
            "/",
            "10.0.0.0/33",
            "2001:db8::/129",
            "10.0.0/8",
            "10.0.0.0/",
            "10.0.0.0/+8",
            "10.0.0.0/-1",
            "example.com",
            "10.0.0.0/8/8",
            "10.0.0.0/4294967296",
        ] {
            assert_eq!(Cidr::parse(text), None, "{text}");
        }
    }
}
