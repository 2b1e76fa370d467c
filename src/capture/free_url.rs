//! A destination that a visitor's link names itself (`url=`): the one place where a redirect could
//! be turned into somebody else's. So it is read by rules of our own that are far narrower than a
//! browser's: whatever browsers would repair, decode or guess at is refused, never repaired.
//!
//! 1. Visible ASCII only, without `\ " < > ^ ` { | }`, no longer than 2,048 bytes.
//! 2. It begins with exactly `https://`.
//! 3. What stands before the next `/`, `?` or `#` is, letter case aside, exactly one of the
//!    campaign's `allowed_hosts`: no user, no other port, no dot more, no encoding.
//! 4. A `%` is followed by two hex digits that are no control character.

use crate::config::WebAddress;

/// Longest address, in bytes: with the visitor's other parameters it has to fit into one URL.
const MAX_BYTES: usize = 2_048;

/// The address, if it keeps to the rules above.
pub(super) fn parse(text: &str, allowed_hosts: &[String]) -> Option<WebAddress> {
    let odd = |b: u8| {
        !b.is_ascii_graphic()
            || matches!(b, b'\\' | b'"' | b'<' | b'>' | b'^' | b'`' | b'{' | b'|' | b'}')
    };
    if text.len() > MAX_BYTES || text.bytes().any(odd) || !has_plain_escapes(text) {
        return None;
    }
    let rest = text.strip_prefix("https://")?;
    let authority = rest.split(['/', '?', '#']).next()?.to_ascii_lowercase();
    if !allowed_hosts.contains(&authority) {
        return None;
    }
    // Read again by the parser that the redirect is built from: both must see the same host.
    WebAddress::parse(text).ok().filter(|address| address.authority() == authority)
}

fn has_plain_escapes(text: &str) -> bool {
    text.split('%').skip(1).all(|escape| {
        let code = escape.get(..2).filter(|code| code.bytes().all(|b| b.is_ascii_hexdigit()));
        let byte = code.and_then(|code| u8::from_str_radix(code, 16).ok());
        byte.is_some_and(|byte| !byte.is_ascii_control())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::{prop_assert, proptest};

    fn hosts() -> Vec<String> {
        ["good.example", "pay.good.example", "good.example:8443"].map(str::to_owned).into()
    }

    #[test]
    fn what_is_plainly_an_allowed_page_is_taken_as_written() {
        for (text, shown) in [
            ("https://good.example", "https://good.example/"),
            ("https://good.example/", "https://good.example/"),
            (
                "https://good.example/a/b?x=1&y=%C3%A9#top",
                "https://good.example/a/b?x=1&y=%C3%A9#top",
            ),
            ("https://good.example?x=1", "https://good.example/?x=1"),
            ("https://good.example#top", "https://good.example/#top"),
            ("https://GOOD.Example/A", "https://good.example/A"),
            ("https://pay.good.example/x", "https://pay.good.example/x"),
            ("https://good.example:8443/x", "https://good.example:8443/x"),
            // an address in the path or query is only text there
            ("https://good.example//evil.example", "https://good.example//evil.example"),
            ("https://good.example/@evil.example", "https://good.example/@evil.example"),
            (
                "https://good.example/?u=https://evil.example",
                "https://good.example/?u=https://evil.example",
            ),
        ] {
            let address = parse(text, &hosts()).expect(text);
            assert_eq!(address.to_string(), shown);
        }
    }

    #[test]
    fn every_trick_is_refused() {
        let tricks = [
            // other hosts, plainly and by prefix or suffix
            "https://evil.example/",
            "https://good.example.evil.example/",
            "https://evilgood.example/",
            "https://xgood.example",
            "https://good.exampleevil",
            "https://sub.good.example/",
            "https://example/",
            "https://",
            "https:///",
            "https:///good.example/",
            "https:////evil.example/good.example",
            // userinfo
            "https://good.example@evil.example/",
            "https://good.example:pw@evil.example/",
            "https://user@good.example/",
            "https://user:pw@good.example/",
            "https://@good.example/",
            "https://good.example%40evil.example/",
            "https://good.example%2540evil.example/",
            // backslashes, which browsers read as slashes
            "https://good.example\\@evil.example/",
            "https://good.example\\.evil.example/",
            "https:\\\\evil.example\\good.example",
            "https:/\\evil.example/",
            "https://evil.example\\/good.example/",
            "\\\\evil.example/",
            "/\\evil.example/",
            "https://good.example/\\evil.example",
            // white space and control characters, which browsers drop
            "ht\ttps://evil.example/",
            "https://evil.example\t.good.example/",
            "https://good.example\n.evil.example/",
            " https://good.example/",
            "https://good.example/ ",
            "\u{1}https://good.example/",
            "https://good.example\0.evil.example/",
            "https://good.example\u{a0}/",
            "https://good.example/\r\nSet-Cookie: a=b",
            "https://good.example/%0d%0aSet-Cookie:%20a=b",
            "https://good.example/%00",
            "https://good.example/%7f",
            // relative and scheme-relative
            "//evil.example/",
            "///evil.example",
            "//good.example/",
            "/path",
            "good.example",
            "good.example/path",
            "?https://good.example",
            "",
            // schemes
            "http://good.example/",
            "HTTPS://good.example/",
            "hTtPs://good.example/",
            "https:good.example",
            "https:/good.example",
            "https;//good.example/",
            "javascript:alert(1)//https://good.example/",
            "javascript://good.example/%0aalert(1)",
            "data:text/html,https://good.example/",
            "blob:https://good.example/",
            "ftp://good.example/",
            "view-source:https://good.example/",
            "https%3A%2F%2Fgood.example%2F",
            // ports
            "https://good.example:443/",
            "https://good.example:80/",
            "https://good.example:8443@evil.example/",
            "https://good.example:/",
            "https://good.example:08443/",
            "https://good.example:8443.evil.example/",
            "https://good.example:+8443/",
            // dots
            "https://good.example./",
            "https://.good.example/",
            "https://good..example/",
            "https://good.example../",
            "https://good。example/",
            "https://good\u{ff0e}example/",
            // look-alikes and encodings of the host
            "https://g\u{43e}\u{43e}d.example/",
            "https://goo\u{ff44}.example/",
            "https://good.ex\u{e4}mple/",
            "https://xn--god-sna.example/",
            "https://good\u{200b}.example/",
            "https://good\u{ad}.example/",
            "https://%67ood.example/",
            "https://good%2eexample/",
            "https://good.example%2f.evil.example/",
            "https://good.example%23.evil.example/",
            "https://good.example%00.evil.example/",
            "https://good.example%5c.evil.example/",
            "https://good.example;.evil.example/",
            "https://good.example&.evil.example/",
            "https://good.example,evil.example/",
            "https://good.example!.evil.example/",
            "https://[::1]/",
            "https://[good.example]/",
            "https://127.0.0.1/",
            "https://0x7f.1/",
            "https://2130706433/",
            "https://good.example\u{ff0f}evil.example/",
            "https://good.example\u{2044}.evil.example/",
            "https://good.example\u{2215}.evil.example/",
            "https://good.example\u{ff1a}pw@evil.example/",
            "https://\u{24d6}ood.example/",
            "https://\u{202e}elpmaxe.doog/",
            "https://good.example%E3%80%82evil.example/",
            "https://good.example%ef%bc%8fevil.example/",
            "https://good\u{fe52}example/",
            "https://GOOD.EXAMPL\u{395}/",
            // hosts behind a query or fragment that begins at once
            "https://evil.example?good.example",
            "https://evil.example#good.example",
            "https://evil.example#@good.example",
            "https://evil.example/?@good.example",
            // odd bytes
            "https://good.example/{click_id}",
            "https://good.example/<script>",
            "https://good.example/\"onload=",
            "https://good.example/`",
            "https://good.example/^|",
            "https://good.example/%",
            "https://good.example/%4",
            "https://good.example/%zz",
            "https://good.example/\u{fffd}",
        ];
        for trick in tricks {
            assert_eq!(parse(trick, &hosts()), None, "{trick:?}");
        }
        let long = format!("https://good.example/{}", "a".repeat(MAX_BYTES));
        assert_eq!(parse(&long, &hosts()), None);
        assert_eq!(parse("https://good.example/", &[]), None);
    }

    proptest! {
        /// Whatever is taken begins with an allowed origin, followed by the end, `/`, `?` or `#`.
        #[test]
        fn nothing_but_an_allowed_origin_gets_through(
            start in "(https|http|HTTPS|//|javascript:)?:?[/\\\\]{0,3}",
            middle in "(good\\.example|evil\\.example|[@:.%a-z0-9\\\\\t]){0,6}",
            end in "([/?#@:][ -~]{0,8}){0,3}",
        ) {
            if let Some(address) = parse(&format!("{start}{middle}{end}"), &hosts()) {
                let text = address.to_string();
                let allowed = hosts().iter().any(|host| {
                    text.strip_prefix("https://")
                        .and_then(|rest| rest.strip_prefix(host.as_str()))
                        .is_some_and(|rest| rest.starts_with('/'))
                });
                prop_assert!(allowed, "{text}");
            }
        }
    }
}
