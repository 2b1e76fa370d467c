//! Web addresses that the configuration holds: checked once, split into the parts that matter.
//!
//! They come from the Worker's owner, so this is a check for mistakes and for what could never be a
//! safe redirect; addresses that come from visitors are `capture`'s concern.

use std::fmt;

/// Longest address, in bytes: the platform takes URLs of up to 16 KB, and a visitor's parameters
/// have to fit behind it.
const MAX_BYTES: usize = 4_096;

/// An absolute `http` or `https` address, split where a query and a fragment begin. No userinfo,
/// spaces, control characters or backslashes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WebAddress {
    scheme: &'static str,
    authority: String,
    path: String,
    query: Option<String>,
    fragment: Option<String>,
}

impl WebAddress {
    /// Reads an address.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        if text.len() > MAX_BYTES {
            return Err("is longer than 4096 bytes");
        }
        if text.bytes().any(|b| b <= b' ' || b == 0x7f || b == b'\\') {
            return Err("must hold no spaces, control characters or backslashes");
        }
        if !text.is_ascii() {
            return Err("must be plain ASCII: percent-encode the path, write the host as punycode");
        }
        let (scheme, rest) = strip_scheme(text).ok_or("must start with https:// (or http://)")?;
        let (rest, fragment) = split(rest, '#');
        let (rest, query) = split(rest, '?');
        let (authority, path) = match rest.find('/').and_then(|at| rest.split_at_checked(at)) {
            Some((authority, path)) => (authority, path),
            None => (rest, "/"),
        };
        if authority.contains('@') {
            return Err("must hold no user name or password");
        }
        if !is_host_and_port(authority) {
            return Err("has no valid host");
        }
        Ok(Self {
            scheme,
            authority: authority.to_ascii_lowercase(),
            path: path.to_owned(),
            query: query.map(str::to_owned),
            fragment: fragment.map(str::to_owned),
        })
    }

    /// `https://host[:port]`.
    pub fn origin(&self) -> String {
        format!("{}://{}", self.scheme, self.authority)
    }

    /// `host[:port]`, lower-case.
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// The host without its port, lower-case.
    pub fn host(&self) -> &str {
        match self.authority.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
            _ => &self.authority,
        }
    }

    /// Whether it is `https`.
    pub fn is_https(&self) -> bool {
        self.scheme == "https"
    }

    /// The path, at least `/`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What stands between `?` and `#`, as it was written.
    pub fn query(&self) -> Option<&str> {
        self.query.as_deref()
    }

    /// What stands behind `#`.
    pub fn fragment(&self) -> Option<&str> {
        self.fragment.as_deref()
    }
}

impl fmt::Display for WebAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", self.scheme, self.authority, self.path)?;
        if let Some(query) = &self.query {
            write!(f, "?{query}")?;
        }
        if let Some(fragment) = &self.fragment {
            write!(f, "#{fragment}")?;
        }
        Ok(())
    }
}

fn strip_scheme(text: &str) -> Option<(&'static str, &str)> {
    ["https", "http"].into_iter().find_map(|scheme| {
        let (start, rest) = text.split_once("://")?;
        start.eq_ignore_ascii_case(scheme).then_some((scheme, rest))
    })
}

fn split(text: &str, at: char) -> (&str, Option<&str>) {
    match text.split_once(at) {
        Some((before, after)) => (before, Some(after)),
        None => (text, None),
    }
}

/// A DNS name, an IPv4 address or an IPv6 address in brackets, with or without a port.
fn is_host_and_port(authority: &str) -> bool {
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => match rest.split_once(']') {
            Some((v6, "")) => return v6.parse::<std::net::Ipv6Addr>().is_ok(),
            Some((v6, port)) if v6.parse::<std::net::Ipv6Addr>().is_ok() => {
                ("", port.strip_prefix(':'))
            }
            _ => return false,
        },
        None => match authority.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        },
    };
    let good_label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
    };
    let good_host = authority.starts_with('[')
        || host.strip_suffix('.').unwrap_or(host).split('.').all(good_label);
    let good_port = port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port > 0));
    good_host && good_port
}

/// Where TikTok's Events API is: an origin, with a path in front if a proxy needs one, without a
/// slash at the end.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ApiBase(String);

impl ApiBase {
    /// Reads an address without query and fragment; a slash at its end is dropped.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let address = WebAddress::parse(text)?;
        if address.query.is_some() || address.fragment.is_some() {
            return Err("must hold no query and no fragment");
        }
        Ok(Self(address.to_string().trim_end_matches('/').to_owned()))
    }

    /// The address that events are posted to. The slash at its end matters to TikTok.
    pub fn event_track_url(&self) -> String {
        format!("{}/open_api/v1.3/event/track/", self.0)
    }
}

impl Default for ApiBase {
    fn default() -> Self {
        Self("https://business-api.tiktok.com".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_split_and_kept_as_written() {
        let text = "https://Quotes.example.com/so%20lar/?a=1&b=%C3%A9#top";
        let address = WebAddress::parse(text).expect("valid");
        assert_eq!(address.origin(), "https://quotes.example.com");
        assert_eq!(address.host(), "quotes.example.com");
        assert_eq!(address.path(), "/so%20lar/");
        assert_eq!(address.query(), Some("a=1&b=%C3%A9"));
        assert_eq!(address.fragment(), Some("top"));
        let whole = "https://quotes.example.com/so%20lar/?a=1&b=%C3%A9#top";
        assert_eq!(address.to_string(), whole);
        assert_eq!(WebAddress::parse("https://a.b").expect("valid").to_string(), "https://a.b/");
        assert_eq!(WebAddress::parse("HTTP://[::1]:80/x").expect("valid").host(), "[::1]");
        assert_eq!(
            WebAddress::parse("https://a.b?x#y").expect("valid").to_string(),
            "https://a.b/?x#y"
        );
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for bad in [
            "",
            "example.com",
            "//example.com",
            "ftp://example.com",
            "javascript://example.com",
            "https://",
            "https:///path",
            "https://user@example.com",
            "https://user:pw@example.com/",
            "https://exa mple.com",
            "https://example.com\\@evil.com",
            "https://example.com/\r\nx",
            "https://example..com/",
            "https://example.com:port/",
            "https://example.com:0/",
            "https://[::1/",
            "https://é.example/",
        ] {
            assert!(WebAddress::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn the_track_address_has_its_slash() {
        for base in ["https://a.example", "https://a.example/"] {
            let url = ApiBase::parse(base).expect("valid").event_track_url();
            assert_eq!(url, "https://a.example/open_api/v1.3/event/track/");
        }
        assert!(ApiBase::parse("https://a.example/?x").is_err());
    }
}
