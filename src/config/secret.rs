//! Names of secrets. Their values are never here.

use std::fmt;

/// Longest name, in bytes.
const MAX_BYTES: usize = 64;

/// The name under which the runtime keeps a secret: letters, digits and `_`, not starting with a
/// digit.
///
/// People paste the secret itself where its name belongs. So a text that is no name is never
/// repeated, and a name is only shown if it is written in capitals, as names of secrets are and
/// tokens are not.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SecretName(String);

impl SecretName {
    /// The name, if it is one.
    ///
    /// # Errors
    /// What a name must look like; the text itself is not repeated.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
        let valid = text.len() <= MAX_BYTES
            && text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
            && text.bytes().all(allowed);
        if valid {
            Ok(Self(text.to_owned()))
        } else {
            Err("is not the name of a secret (letters, digits and _): keep the value with \
                 `wrangler secret put NAME` and write NAME here")
        }
    }

    /// The name, to ask the runtime with.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name, if it may be shown.
    pub fn shown(&self) -> Option<&str> {
        (!self.0.bytes().any(|b| b.is_ascii_lowercase())).then_some(&self.0)
    }

    /// The sentence that says that no such secret is set, and what to do.
    pub fn missing(&self) -> String {
        match self.shown() {
            Some(name) => format!(
                "secret {name} is not set: `npx wrangler secret put {name}` (locally: a line in .dev.vars)"
            ),
            None => "no secret of that name is set (its name is not shown, for it is not written \
                     in capitals and might be the secret itself)"
                .to_owned(),
        }
    }
}

impl fmt::Debug for SecretName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretName({})", self.shown().unwrap_or("…"))
    }
}

/// A secret that the configuration names.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SecretUse {
    /// The path of the setting that names it.
    pub path: String,
    /// Its name.
    pub name: SecretName,
}
