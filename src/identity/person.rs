//! Who the lead is: e-mail, external id, names and zip code, normalised as TikTok's table says and
//! hashed. Phones are in `phone`, cities and states (sent in plain) in `place`.

use super::hash::Digested;
use super::noted::{DECODED, trimmed};
use super::text::{decoded, is_invisible, percent_decoded, with_ascii_digits, words};
use super::{Country, Noted, Sha256Hex, Unusable};
use crate::raw::RawText;

/// What is done with hashes made by others than SHA-256, for every hashed key.
const MD5: Unusable =
    Unusable("an MD5 hash, left out: TikTok takes SHA-256 only; send the value or its SHA-256");
const SHA_1: Unusable =
    Unusable("a SHA-1 hash, left out: TikTok takes SHA-256 only; send the value or its SHA-256");
const OF_NOTHING: Unusable =
    Unusable("the hash of an empty value, left out: send nothing where nothing is known");

/// A value that was hashed before it came to us, or none if it is raw.
pub(super) fn hashed_before(text: &str) -> Option<Result<Noted<Sha256Hex>, Unusable>> {
    Some(match Digested::recognise(text)? {
        Digested::Sha256(hash) => Ok(Noted::plain(hash)),
        Digested::Nothing => Err(OF_NOTHING),
        Digested::Md5 => Err(MD5),
        Digested::Sha1 => Err(SHA_1),
    })
}

/// Hashes a normalised value.
pub(super) fn hash(normalised: &str, reason: &'static str) -> Result<Sha256Hex, Unusable> {
    Sha256Hex::of(normalised).ok_or(Unusable(reason))
}

/// TikTok `email`: trimmed, lower-cased; dots and `+tags` stay. An address that is percent-encoded
/// once too often, or whose `+` became a space on the way, is put right with a note.
///
/// # Errors
/// When it does not look like an address, or is a hash that cannot be used.
pub fn email(raw: &RawText) -> Result<Noted<Sha256Hex>, Unusable> {
    // Copying from a web page brings such marks along; the address does not have them.
    let text = trimmed(raw)?.trim_matches(|c: char| is_invisible(c) || c.is_whitespace());
    if let Some(known) = hashed_before(text) {
        return known;
    }
    let (address, note) = if is_address(text) {
        (text.to_lowercase(), None)
    } else if let Some(decoded) = percent_decoded(text).filter(|decoded| is_address(decoded.trim()))
    {
        (decoded.trim().to_lowercase(), Some(DECODED))
    } else if let Some(repaired) = with_plus(text).filter(|repaired| is_address(repaired)) {
        (
            repaired.to_lowercase(),
            Some("the space in it was read as a +, which an unencoded URL loses"),
        )
    } else {
        return Err(Unusable("not an e-mail address, left out"));
    };
    Ok(Noted { value: hash(&address, "empty, left out")?, note })
}

/// One `@` with something on both sides, and nothing that no address has: spaces, control characters,
/// the marks around `Alice <alice@example.com>` or between several addresses.
fn is_address(text: &str) -> bool {
    let strange = |c: char| {
        c.is_whitespace() || c.is_control() || is_invisible(c) || matches!(c, '<' | '>' | ',' | ';')
    };
    match text.split_once('@') {
        Some((local, domain)) => {
            !local.is_empty()
                && !domain.is_empty()
                && !domain.contains('@')
                && !text.chars().any(strange)
        }
        None => false,
    }
}

/// `alice tag@example.com`: the one space before the `@` as the `+` that it probably was.
fn with_plus(text: &str) -> Option<String> {
    let (local, domain) = text.split_once('@')?;
    let (name, tag) = local.split_once(' ')?;
    Some(format!("{name}+{tag}@{domain}"))
}

/// TikTok `external_id`: trimmed, case kept.
///
/// # Errors
/// When it is empty or a hash that cannot be used. An MD5 is left out here too, as TikTok's page says,
/// although a raw id may look like one. A raw id of 40 hex digits is taken as an id.
pub fn external_id(raw: &RawText) -> Result<Noted<Sha256Hex>, Unusable> {
    let text = trimmed(raw)?;
    match hashed_before(text) {
        Some(Err(reason)) if reason == SHA_1 => {}
        Some(known) => return known,
        None => {}
    }
    hash(text, "empty, left out").map(Noted::plain)
}

/// TikTok `first_name`, `last_name`: trimmed, lower-cased, punctuation removed, letters of any script
/// kept. TikTok's page removes no spaces, so words stay apart, by one space.
///
/// # Errors
/// When nothing but punctuation is there, or a hash that cannot be used.
pub fn name(raw: &RawText) -> Result<Noted<Sha256Hex>, Unusable> {
    let text = trimmed(raw)?;
    if let Some(known) = hashed_before(text) {
        return known;
    }
    let (text, note) = decoded(text);
    Ok(Noted { value: hash(&words(&text), "has no letters, left out")?, note })
}

/// TikTok `zip_code`: lower-case, no spaces or hyphens; in the US the first five digits. ZIP+4 is told
/// by its shape (`12345-6789`) where no country is known.
///
/// # Errors
/// When nothing is left, or it is a hash that cannot be used.
pub fn zip_code(raw: &RawText, country: Option<Country>) -> Result<Noted<Sha256Hex>, Unusable> {
    let text = trimmed(raw)?;
    if let Some(known) = hashed_before(text) {
        return known;
    }
    let (text, decoded) = decoded(text);
    let hyphen = |c: char| matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{ff0d}');
    let compact: String = with_ascii_digits(&text)
        .chars()
        .filter(|c| !c.is_whitespace() && !c.is_control() && !hyphen(*c))
        .flat_map(char::to_lowercase)
        .collect();
    let digits = compact.bytes().all(|b| b.is_ascii_digit());
    let zip_plus_4 = || {
        text.split_once(hyphen)
            .is_some_and(|(five, four)| five.trim().len() == 5 && four.trim().len() == 4)
    };
    let us = country == Some(Country::US);
    let (zip, note) = match compact.len() {
        6.. if digits && us => (compact.chars().take(5).collect(), decoded),
        9 if digits && country.is_none() && zip_plus_4() => {
            (compact.chars().take(5).collect(), decoded)
        }
        // A spreadsheet or a JSON number dropped the zeros of 02134 or 00501.
        3 | 4 if digits && us => {
            (format!("{compact:0>5}"), Some("shorter than a US zip code: zeros were put in front"))
        }
        _ => (compact, decoded),
    };
    Ok(Noted { value: hash(&zip, "has no letters or digits, left out")?, note })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(result: Result<Noted<Sha256Hex>, Unusable>) -> String {
        result.map(|noted| noted.value.to_string()).unwrap_or_else(|reason| reason.0.to_owned())
    }

    fn of(text: &str) -> String {
        Sha256Hex::of(text).expect("not empty").to_string()
    }

    #[test]
    fn vectors_of_the_facts() {
        let raw = RawText::from;
        assert_eq!(
            hex(email(&raw(" ALICE_abc@gmail.com "))),
            "848a771458438fc2ec420560d769fb9b9b86851ee338ec56517baabd79d3bb4f"
        );
        assert_eq!(
            hex(external_id(&raw("user_123"))),
            "80fba0ae1c48e3978e43e4efc365e14e12ea0c830ba8ba5b9a2dafc7e3f2ab8b"
        );
        assert_eq!(
            hex(zip_code(&raw("M5V 3L9"), None)),
            "5c850751d57c5d887fe7807d3da801efe7e8faa1f105ea36cdcd913dd32a41c7"
        );
        assert_eq!(
            hex(name(&raw("jane"))),
            "81f8f6dde88365f3928796ec7aa53f72820b06db8664f5fe76a7eb13e24546a2"
        );
    }

    #[test]
    fn emails() {
        let table = [
            ("Alice.B+tag@Example.COM", "alice.b+tag@example.com", false),
            ("\u{a0}alice@example.com\t", "alice@example.com", false),
            ("JÖRG@MÜNCHEN.example", "jörg@münchen.example", false),
            ("alice%40example.com", "alice@example.com", true),
            ("alice%2Btag%40example.com", "alice+tag@example.com", true),
            ("%20alice%40example.com", "alice@example.com", true),
            ("a%lice@example.com", "a%lice@example.com", false),
            ("alice tag@example.com", "alice+tag@example.com", true),
            ("\u{200b}alice@example.com\u{feff}", "alice@example.com", false),
        ];
        for (given, wanted, noted) in table {
            let read = email(&given.into()).expect(given);
            assert_eq!(read.value.to_string(), of(wanted), "{given}");
            assert_eq!(read.note.is_some(), noted, "{given}");
        }
        let unusable = [
            "",
            "  ",
            "alice",
            "alice@",
            "@example.com",
            "a@b@c",
            "Alice <alice@example.com>",
            "a@example.com,b@example.com",
            "alice@exam ple.com",
            "my name is@example.com",
            "alice%2540example.com",
            "%40",
            "alice%40",
            "\u{0}@b",
            "alice\u{200b}@example.com",
        ];
        for given in unusable {
            assert!(email(&given.into()).is_err(), "{given}");
        }
    }

    #[test]
    fn values_hashed_before() {
        let sha = of("alice@example.com");
        for key in [email, external_id, name] {
            assert_eq!(hex(key(&sha.as_str().into())), sha);
            assert_eq!(hex(key(&format!(" {}\n", sha.to_uppercase()).as_str().into())), sha);
            let md5 = key(&"c3fcd3d76192e4007dfb496cca67e13b".into());
            assert_eq!(md5, Err(MD5));
            let nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
            assert_eq!(key(&nothing.into()), Err(OF_NOTHING));
        }
        let sha1 = "a".repeat(40);
        assert_eq!(email(&sha1.as_str().into()), Err(SHA_1));
        assert_eq!(hex(external_id(&sha1.as_str().into())), of(&sha1));
    }

    #[test]
    fn external_ids_keep_their_case() {
        assert_eq!(hex(external_id(&" User_123 ".into())), of("User_123"));
    }

    #[test]
    fn names_encoded_once_too_often() {
        let read = name(&"Jos%C3%A9%20Luis".into()).expect("a name");
        assert_eq!(read.value.to_string(), of("josé luis"));
        assert_eq!(read.note, Some(DECODED));
        assert_eq!(hex(name(&"100% Jane".into())), of("100 jane"));
    }

    #[test]
    fn zip_codes() {
        let us = Some(Country::US);
        let de = Country::parse("DE");
        let table = [
            ("94107", us, "94107"),
            ("94107-1234", us, "94107"),
            ("941071234", us, "94107"),
            ("9410712", us, "94107"),
            ("M5V%203L9", None, "m5v3l9"),
            ("94107-1234", None, "94107"),
            ("94107–1234", None, "94107"),
            ("941071234", None, "941071234"),
            ("2134", us, "02134"),
            ("501", us, "00501"),
            ("2134", None, "2134"),
            ("SW1A 1AA", None, "sw1a1aa"),
            ("m5v3l9", us, "m5v3l9"),
            ("01310-100", Country::parse("BR"), "01310100"),
            ("１５０−０００１", Country::parse("JP"), "1500001"),
            (" 10115 ", de, "10115"),
            ("123456789", de, "123456789"),
        ];
        for (given, country, wanted) in table {
            assert_eq!(hex(zip_code(&given.into(), country)), of(wanted), "{given}");
        }
        assert!(zip_code(&" - ".into(), us).is_err());
        assert!(zip_code(&"2134".into(), us).expect("zip").note.is_some());
    }
}
