//! The visitor's address: only one that the internet could route to a visitor is sent.
//!
//! TikTok matches on `ip`; a private or reserved address (the lead platform's own network, a proxy)
//! matches nobody and is left out.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A public IPv4 or IPv6 address. It is personal data, so `Debug` prints nothing of it; `Display`
/// and JSON give IPv4 in dotted decimal and IPv6 in the canonical form of RFC 5952.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PublicIp(IpAddr);

/// Why a text is not the address of a visitor.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NotPublic {
    /// Not an IP address at all.
    Malformed,
    /// An address that is private, loopback, link-local, multicast or reserved.
    Reserved,
}

impl PublicIp {
    /// Reads an address. Spaces around it, brackets around IPv6 and a zone (`%eth0`) are allowed; of
    /// a list as in `X-Forwarded-For` the first is the visitor. An IPv4 address written as IPv6
    /// (`::ffff:8.8.8.8`) becomes IPv4.
    ///
    /// # Errors
    /// When it is no address, or not a public one.
    ///
    /// ```
    /// use clickjoin::identity::{NotPublic, PublicIp};
    /// assert_eq!(PublicIp::parse("2001:4860:0:0::8888").unwrap().to_string(), "2001:4860::8888");
    /// assert_eq!(PublicIp::parse("192.168.0.1"), Err(NotPublic::Reserved));
    /// ```
    pub fn parse(text: &str) -> Result<Self, NotPublic> {
        let first = text.split(',').next().unwrap_or_default().trim();
        let bare = first.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(first);
        let zoneless = match bare.split_once('%') {
            Some((address, _)) if address.contains(':') => address,
            _ => bare,
        };
        let address: IpAddr = zoneless.parse().map_err(|_| NotPublic::Malformed)?;
        Self::new(address)
    }

    fn new(address: IpAddr) -> Result<Self, NotPublic> {
        let address = address.to_canonical();
        let public = match address {
            IpAddr::V4(v4) => is_public_v4(v4),
            IpAddr::V6(v6) => is_public_v6(v6),
        };
        if public { Ok(Self(address)) } else { Err(NotPublic::Reserved) }
    }
}

/// IANA's special-purpose registry for IPv4, except the documentation ranges (192.0.2/24,
/// 198.51.100/24, 203.0.113/24): those are not private, TikTok's own samples use them, and the
/// sample of the Pingtree document must arrive.
fn is_public_v4(address: Ipv4Addr) -> bool {
    let reserved = match address.octets() {
        // "This network", private, loopback, link-local, multicast, future use and broadcast.
        [0 | 10 | 127 | 224..=255, ..] | [169, 254, ..] | [192, 168, ..] => true,
        [172, 16..=31, ..] => true,
        // Carrier-grade NAT (RFC 6598), protocol assignments, 6to4 relays, benchmarking.
        [100, 64..=127, ..] | [192, 0, 0, _] | [192, 88, 99, _] | [198, 18 | 19, ..] => true,
        _ => false,
    };
    !reserved
}

/// IANA has given out 2000::/3 for use on the internet and nothing else, apart from NAT64's prefix,
/// which stands for an IPv4 address. 2001:db8::/32 (documentation) stays for the reason above.
fn is_public_v6(address: Ipv6Addr) -> bool {
    match address.segments() {
        // NAT64 (RFC 6052): as public as the IPv4 address in its last 32 bits.
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            let [a, b] = high.to_be_bytes();
            let [c, d] = low.to_be_bytes();
            is_public_v4(Ipv4Addr::new(a, b, c, d))
        }
        // Teredo (2001:0::/32), benchmarking, ORCHID: they never are a visitor's own address.
        [0x2001, 0, ..] | [0x2001, 2, 0, ..] | [0x2001, 0x10..=0x2f, ..] => false,
        // 6to4 (RFC 3056): as public as the IPv4 address in it.
        [0x2002, high, low, ..] => {
            let [a, b] = high.to_be_bytes();
            let [c, d] = low.to_be_bytes();
            is_public_v4(Ipv4Addr::new(a, b, c, d))
        }
        [first, ..] => first & 0xe000 == 0x2000,
    }
}

impl fmt::Display for PublicIp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for PublicIp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PublicIp(…)")
    }
}

impl TryFrom<String> for PublicIp {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).map_err(|_| "not a public IP address")
    }
}

impl From<PublicIp> for String {
    fn from(ip: PublicIp) -> Self {
        ip.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_addresses_in_canonical_form() {
        let table = [
            ("203.0.113.1", "203.0.113.1"),
            (" 8.8.8.8 ", "8.8.8.8"),
            ("8.8.8.8, 10.0.0.1", "8.8.8.8"),
            ("100.63.255.255", "100.63.255.255"),
            ("100.128.0.0", "100.128.0.0"),
            ("172.15.0.1", "172.15.0.1"),
            ("172.32.0.1", "172.32.0.1"),
            ("223.255.255.255", "223.255.255.255"),
            ("::ffff:8.8.8.8", "8.8.8.8"),
            ("::FFFF:808:808", "8.8.8.8"),
            ("2001:DB8::1", "2001:db8::1"),
            ("2001:4860:0000:0000:0000:0000:0000:8888", "2001:4860::8888"),
            ("[2606:4700::1111]", "2606:4700::1111"),
            ("2606:4700:0:0:1:0:0:1", "2606:4700::1:0:0:1"),
            ("2606:4700:0:1:1:1:1:1", "2606:4700:0:1:1:1:1:1"),
            ("64:ff9b::808:808", "64:ff9b::808:808"),
            ("2002:808:808::1", "2002:808:808::1"),
        ];
        for (given, wanted) in table {
            let ip = PublicIp::parse(given).expect(given);
            assert_eq!(ip.to_string(), wanted, "{given}");
            let json = serde_json::to_string(&ip).expect("JSON");
            assert_eq!(json, format!("\"{wanted}\""));
            assert_eq!(serde_json::from_str::<PublicIp>(&json).expect("JSON"), ip);
        }
    }

    #[test]
    fn reserved_addresses() {
        let reserved = [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "169.254.1.1",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "224.0.0.1",
            "239.1.1.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:10.0.0.1",
            "::8.8.8.8",
            "fe80::1",
            "fe80::1%eth0",
            "fc00::1",
            "fd12:3456::1",
            "ff02::1",
            "fec0::1",
            "100::1",
            "64:ff9b::a00:1",
            "64:ff9b:1::1",
            "2002:a00:1::1",
            "2001::1",
            "2001:2::1",
            "2001:10::1",
            "2001:20::1",
            "4000::1",
        ];
        for given in reserved {
            assert_eq!(PublicIp::parse(given), Err(NotPublic::Reserved), "{given}");
        }
    }

    #[test]
    fn malformed_addresses() {
        let malformed = [
            "",
            " ",
            "localhost",
            "8.8.8",
            "8.8.8.8:80",
            "8.8.8.8.8",
            "256.1.1.1",
            "08.8.8.8",
            "8.8.8.8%eth0",
            "2606:4700::1::1",
            "2606:4700",
            "[2606:4700::1",
            "1",
            "0x8.8.8.8",
        ];
        for given in malformed {
            assert_eq!(PublicIp::parse(given), Err(NotPublic::Malformed), "{given}");
        }
    }
}
