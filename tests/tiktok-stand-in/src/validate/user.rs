//! `user`: the keys by which TikTok finds the person.
//!
//! Hashed keys must be SHA-256 in lower-case hex; the others have forms of their own. Whether the hash is
//! that of a rightly normalised value cannot be seen from here.

use serde_json::{Map, Value};

use super::{FindingKind, Notes, Refusal, address, text};

/// SHA-256 of nothing: what a sender gets who hashes an empty field.
const HASH_OF_NOTHING: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// TikTok gives a click id up to this many characters.
const MAX_TTCLID: usize = 1_000;

/// Judges the `user` object.
pub(super) fn check(user: &Map<String, Value>, notes: &mut Notes) -> Result<(), Refusal> {
    for (key, value) in user {
        match key.as_str() {
            "email" | "phone" | "external_id" => one_or_more_hashes(key, value)?,
            "first_name" | "last_name" | "zip_code" => hash(key, value)?,
            "city" | "state" => plain_place(user, key)?,
            "country" => country(user, key)?,
            "ip" => public_ip(user, key)?,
            "ttclid" => ttclid(user, key, notes)?,
            "ttp" | "user_agent" | "locale" => {
                text(user, key)?;
            }
            // TikTok says OK and forgets it: this is how a misspelt key loses a whole campaign's matches.
            _ => notes.add(FindingKind::UnknownKey, format!("user.{key}")),
        }
    }
    Ok(())
}

fn one_or_more_hashes(key: &str, value: &Value) -> Result<(), Refusal> {
    let Some(list) = value.as_array() else {
        return hash(key, value);
    };
    if list.is_empty() {
        return Err(Refusal::new(key, "must not be an empty list", None));
    }
    for (index, member) in list.iter().enumerate() {
        hash(&format!("{key}.{index}"), member)?;
    }
    Ok(())
}

fn hash(path: &str, value: &Value) -> Result<(), Refusal> {
    let text = value.as_str().ok_or_else(|| Refusal::new(path, "must be a string", Some(value)))?;
    let lower_hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    if text.len() != 64 || !text.bytes().all(lower_hex) {
        let reason = "must be SHA-256 as 64 lower-case hexadecimal digits";
        return Err(Refusal::new(path, reason, Some(value)));
    }
    if text == HASH_OF_NOTHING {
        let reason = "is the hash of an empty value";
        return Err(Refusal::new(path, reason, Some(value)));
    }
    Ok(())
}

/// TikTok: city and state are lower-case, without spaces and punctuation; letters of any script stay.
fn plain_place(user: &Map<String, Value>, key: &str) -> Result<(), Refusal> {
    let place = text(user, key)?.unwrap_or_default();
    // Of the block U+3000 to U+303F, the letters 々〆〇 and the Hangzhou numerals stay.
    let punctuation = |c: char| {
        c.is_ascii_punctuation()
            || matches!(
                c,
                '\u{2010}'..='\u{205e}' | '\u{3000}'..='\u{3004}' | '\u{3008}'..='\u{3020}' | '\u{3030}'
                    | '\u{3036}' | '\u{3037}' | '\u{303d}'..='\u{303f}'
            )
    };
    let wrong = |c: char| c.is_whitespace() || c.is_control() || punctuation(c);
    if place.chars().any(wrong) || place.to_lowercase() != place {
        let reason = "must be lower-case, without spaces and punctuation";
        return Err(Refusal::new(key, reason, user.get(key)));
    }
    Ok(())
}

fn country(user: &Map<String, Value>, key: &str) -> Result<(), Refusal> {
    let country = text(user, key)?.unwrap_or_default();
    if country.len() != 2 || !country.bytes().all(|byte| byte.is_ascii_lowercase()) {
        let reason = "must be a country of two lower-case letters";
        return Err(Refusal::new(key, reason, user.get(key)));
    }
    Ok(())
}

fn public_ip(user: &Map<String, Value>, key: &str) -> Result<(), Refusal> {
    let ip = text(user, key)?.unwrap_or_default();
    if !address::is_public(ip) {
        let reason = "must be a public IPv4 or IPv6 address";
        return Err(Refusal::new(key, reason, user.get(key)));
    }
    Ok(())
}

fn ttclid(user: &Map<String, Value>, key: &str, notes: &mut Notes) -> Result<(), Refusal> {
    let ttclid = text(user, key)?.unwrap_or_default();
    if ttclid.chars().count() > MAX_TTCLID {
        let reason = format!("must not be longer than {MAX_TTCLID} characters");
        return Err(Refusal::new(key, reason, user.get(key)));
    }
    if ttclid.starts_with("__") && ttclid.ends_with("__") {
        notes.add(FindingKind::UnreplacedMacro, "user.ttclid");
    }
    Ok(())
}
