//! Which IP addresses can be a visitor's.
//!
//! Private, local and multicast ones cannot. The ranges set aside for documentation (203.0.113.0/24 and
//! the like) count as public here, because TikTok is not known to refuse them and every example uses them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether the text is an address that can be reached over the Internet.
pub(super) fn is_public(text: &str) -> bool {
    match text.parse() {
        Ok(IpAddr::V4(address)) => is_public_v4(address),
        Ok(IpAddr::V6(address)) => is_public_v6(address),
        Err(_) => false,
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let carrier_nat = |[a, b, ..]: [u8; 4]| a == 100 && (64..128).contains(&b);
    let benchmark = |[a, b, ..]: [u8; 4]| a == 198 && (18..20).contains(&b);
    let protocol = |[a, b, c, _]: [u8; 4]| a == 192 && b == 0 && c == 0;
    let octets = address.octets();
    let [first, ..] = octets;
    // 0/8 is "this network"; 224/4 is multicast and 240/4 reserved.
    !(first == 0
        || first >= 224
        || address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || carrier_nat(octets)
        || benchmark(octets)
        || protocol(octets))
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    if let Some(mapped) = address.to_ipv4_mapped() {
        return is_public_v4(mapped);
    }
    !(address.is_unspecified()
        || address.is_loopback()
        || address.is_multicast()
        || address.is_unique_local()
        || address.is_unicast_link_local())
}

#[cfg(test)]
mod tests {
    use super::is_public;

    #[test]
    fn public_and_private_addresses() {
        let public = [
            "8.8.8.8",
            "203.0.113.1",
            "100.63.0.1",
            "172.32.0.1",
            "2606:4700::1111",
            "::ffff:8.8.8.8",
        ];
        let private = [
            "",
            "10.0.0.1",
            "172.16.0.1",
            "192.168.1.1",
            "127.0.0.1",
            "169.254.1.1",
            "100.64.0.1",
            "192.0.0.1",
            "198.18.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "fc00::1",
            "fe80::1",
            "ff02::1",
            "::ffff:10.0.0.1",
            "8.8.8.8:80",
            "8.8.8",
            "008.8.8.8",
            " 8.8.8.8",
            "[2606:4700::1111]",
            "localhost",
        ];
        for address in public {
            assert!(is_public(address), "{address} is public");
        }
        for address in private {
            assert!(!is_public(address), "{address} is not public");
        }
    }
}
