//! Names and words as people and platforms spell them: `Form Submission`, `form_submit`,
//! `transactionId`. Which word means what is left to the profiles.

/// A name reduced to what two spellings of it share: lower case, without spaces, `_` and `-`. Dots
/// stay, they are paths.
///
/// ```
/// use clickjoin::postback::words::squash;
/// assert_eq!(squash("Transaction-ID"), squash("transactionId"));
/// assert_eq!(squash("lead.zip_code"), "lead.zipcode");
/// ```
pub fn squash(name: &str) -> String {
    name.chars()
        .filter(|c| c.is_alphanumeric() || *c == '.')
        .map(|c| c.to_ascii_lowercase())
        .collect()
}

/// Whether two words are one, however they are spelled. Nothing is like a word without letters.
pub fn alike(a: &str, b: &str) -> bool {
    let a = squash(a);
    !a.is_empty() && a == squash(b)
}

/// Whether a squashed name is in a list of squashed names, where a `#` at an entry's end stands for
/// digits: `sub#` is `sub1` to `sub20`.
pub(super) fn listed(list: &[&str], key: &str) -> bool {
    list.iter().any(|entry| match entry.strip_suffix('#') {
        Some(stem) => key
            .strip_prefix(stem)
            .is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())),
        None => *entry == key,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_know_numbered_names() {
        let list = ["pid", "sub#"];
        for name in ["pid", "sub1", "sub20"] {
            assert!(listed(&list, name), "{name}");
        }
        for name in ["sub", "sub1x", "pid1", ""] {
            assert!(!listed(&list, name), "{name}");
        }
    }

    #[test]
    fn words_without_letters_are_like_nothing() {
        assert!(alike("Form Submission", "form_submission"));
        assert!(!alike("--", "__"));
        assert!(!alike("", ""));
    }
}
