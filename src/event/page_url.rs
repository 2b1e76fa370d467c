//! Whether a text can be `page.url`: an absolute http or https address.
//!
//! A structural check, not a parser: the WHATWG parser costs 68 kB of gzipped wasm (the `url` crate
//! with its IDNA tables), and nothing here follows the address.

use std::net::{Ipv4Addr, Ipv6Addr};

/// Whether the text is an absolute http or https URL with a host, without spaces or control
/// characters.
pub(super) fn is_web_url(text: &str) -> bool {
    if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return false;
    }
    let Some((scheme, rest)) = text.split_once("://") else {
        return false;
    };
    if !scheme.eq_ignore_ascii_case("http") && !scheme.eq_ignore_ascii_case("https") {
        return false;
    }
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    let host_and_port = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let (host, port) = match host_and_port.rsplit_once(':') {
        // A colon inside brackets belongs to the IPv6 address.
        Some((host, port)) if !port.contains(']') => (host, port),
        _ => (host_and_port, ""),
    };
    let port_holds = port.is_empty()
        || (port.bytes().all(|b| b.is_ascii_digit()) && port.parse::<u16>().is_ok());
    port_holds && is_host(host)
}

fn is_host(host: &str) -> bool {
    if let Some(inner) = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return inner.parse::<Ipv6Addr>().is_ok();
    }
    let host = host.strip_suffix('.').unwrap_or(host);
    let allowed = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    if host.is_empty() || !host.chars().all(allowed) || host.split('.').any(str::is_empty) {
        return false;
    }
    // A host that ends in a number is an IPv4 address or nothing.
    let last = host.rsplit('.').next().unwrap_or_default();
    !last.starts_with(|c: char| c.is_ascii_digit()) || host.parse::<Ipv4Addr>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn web_addresses() {
        let good = [
            "https://example.com",
            "HTTPS://Example.com/",
            "http://quotes.example.com:8080/solar?utm=a&ttclid=E.C.P.x#top",
            "https://user:pass@example.com/",
            "https://münchen.example/straße?q=ü",
            "https://xn--mnchen-3ya.example",
            "https://example.com.",
            "https://203.0.113.1/",
            "https://[2606:4700::1111]:443/x",
            "https://example.com?q=1",
            "https://my_shop.example.com/a|b",
        ];
        for url in good {
            assert!(is_web_url(url), "{url}");
        }
        let bad = [
            "",
            "example.com",
            "/solar",
            "//example.com/",
            "ftp://example.com/",
            "https://",
            "https:///x",
            "https://?x",
            "https://.example.com",
            "https://a..b/",
            "https://exa mple.com/",
            "https://example.com/a b",
            " https://example.com",
            "https://example.com/\n",
            "https://example.com:99999/",
            "https://example.com:x/",
            "https://999.1.1.1/",
            "https://1.2.3/",
            "https://[::1",
            "https://[zz]/",
            "https://exa%6dple.com/",
            "javascript:alert(1)",
            "https://ex<a>mple.com/",
        ];
        for url in bad {
            assert!(!is_web_url(url), "{url}");
        }
    }
}
