//! What a visitor must have agreed to before their address and browser are stored.

use super::reader::Reader;
use super::{Problems, macros};

/// What counts as a yes where the owner names no values of their own.
const YES: [&str; 4] = ["1", "true", "yes", "granted"];

/// Where a campaign finds a visitor's consent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Consent {
    /// The parameter of the visit that says so.
    pub param: Option<String>,
    /// The cookie that says so.
    pub cookie: Option<String>,
    values: Vec<String>,
}

impl Consent {
    /// Whether a value of the parameter or cookie means yes, in either case.
    pub fn is_yes(&self, value: &str) -> bool {
        let value = value.trim();
        if self.values.is_empty() {
            YES.iter().any(|yes| yes.eq_ignore_ascii_case(value))
        } else {
            self.values.iter().any(|yes| yes.eq_ignore_ascii_case(value))
        }
    }

    pub(super) fn read(mut reader: Reader<'_>, problems: &mut Problems) -> Option<Self> {
        let consent = Self {
            param: reader.parsed("param", name, problems),
            cookie: reader.parsed("cookie", name, problems),
            values: reader.parsed_list(
                &["value", "values"],
                |value| Ok::<_, &str>(value.to_owned()),
                problems,
            ),
        };
        if consent.param.is_none() && consent.cookie.is_none() {
            problems.add(reader.path("param"), "set param, cookie or both");
        }
        reader.finish(problems);
        Some(consent)
    }
}

/// Which clicks are marked `limited_data_use`, TikTok's flag that asks for restricted use.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LimitedDataUse {
    /// None, but those of visitors whose Global Privacy Control is honoured.
    Never,
    /// Those of visitors without the consent that the campaign asks for.
    WithoutConsent,
    /// All.
    Always,
}

impl LimitedDataUse {
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        match text {
            "never" => Ok(Self::Never),
            "without_consent" => Ok(Self::WithoutConsent),
            "always" => Ok(Self::Always),
            _ => Err("must be never, without_consent or always"),
        }
    }
}

fn name(text: &str) -> Result<String, &'static str> {
    if macros::is_param_name(text) {
        Ok(text.to_owned())
    } else {
        Err("must be a name of 1 to 64 letters, digits, '-', '_' and '.'")
    }
}
