//! `x-signature`: HMAC-SHA256 of the body, as hex or base64.

use super::same;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Length of a SHA-256 HMAC, in bytes.
const MAC_BYTES: usize = 32;

/// Whether a signature is that of `body` under one of the secrets: hex or base64 (standard or
/// URL-safe, padded or not), with or without `sha256=` before it.
pub(super) fn is_right(signature: &str, body: &[u8], secrets: &[&str]) -> bool {
    let signature = signature.trim();
    let signature = match signature.split_at_checked("sha256=".len()) {
        Some((prefix, rest)) if prefix.eq_ignore_ascii_case("sha256=") => rest.trim(),
        _ => signature,
    };
    let Some(shown) = from_hex(signature).or_else(|| from_base64(signature)) else {
        return false;
    };
    secrets.iter().fold(false, |found, secret| {
        found | (mac(secret, body).is_some_and(|mac| same(&mac, &shown)))
    })
}

fn mac(secret: &str, body: &[u8]) -> Option<[u8; MAC_BYTES]> {
    // HMAC takes keys of every length; the type does not know.
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).ok()?;
    Some(mac.chain_update(body).finalize().into_bytes().into())
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    (text.len() == 2 * MAC_BYTES).then(|| hex::decode(text).ok())?
}

fn from_base64(text: &str) -> Option<Vec<u8>> {
    let text = text.trim_end_matches('=');
    // 32 bytes are 43 digits.
    if text.len() != 43 {
        return None;
    }
    let mut out = Vec::with_capacity(MAC_BYTES);
    let (mut bits, mut count) = (0_u32, 0_u32);
    for digit in text.bytes() {
        bits = (bits << 6) | u32::from(sextet(digit)?);
        count = count.saturating_add(6);
        if let Some(left) = count.checked_sub(8) {
            count = left;
            out.push(u8::try_from((bits >> left) & 0xFF).ok()?);
            bits &= (1_u32 << left).saturating_sub(1);
        }
    }
    Some(out)
}

const fn sextet(digit: u8) -> Option<u8> {
    match digit {
        b'A'..=b'Z' => Some(digit.wrapping_sub(b'A')),
        b'a'..=b'z' => Some(digit.wrapping_sub(b'a').wrapping_add(26)),
        b'0'..=b'9' => Some(digit.wrapping_sub(b'0').wrapping_add(52)),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // RFC 4231, test case 2.
    const SECRET: &str = "Jefe";
    const BODY: &[u8] = b"what do ya want for nothing?";
    const HEX: &str = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
    const BASE64: &str = "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM=";

    #[test]
    fn signatures() {
        let url_safe = BASE64.replace('+', "-").replace('/', "_");
        let prefixed = format!("SHA256={HEX}");
        let base64_prefixed = format!("sha256={BASE64}");
        for right in [
            HEX,
            &HEX.to_uppercase(),
            BASE64,
            BASE64.trim_end_matches('='),
            &url_safe,
            &prefixed,
            &base64_prefixed,
        ] {
            assert!(is_right(right, BODY, &["other", SECRET]), "{right}");
            assert!(!is_right(right, BODY, &["other"]), "{right}");
            assert!(!is_right(right, b"another body", &[SECRET]), "{right}");
            assert!(!is_right(right, BODY, &[]), "{right}");
        }
        for wrong in [
            "",
            "sha256=",
            HEX.trim_start_matches("5b"),
            BASE64.trim_start_matches("W9"),
            "é",
            &"=".repeat(44),
            &"!".repeat(43),
        ] {
            assert!(!is_right(wrong, BODY, &[SECRET]), "{wrong}");
        }
    }
}
