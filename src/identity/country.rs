//! Countries: ISO 3166 two-letter codes, and the other ways in which leads name a country.
//!
//! `countries.txt` has a line for each: the two-letter code, the three-letter code, then names in
//! lower case without spaces (English, and a few that people use at home).

use super::Noted;
use serde::{Deserialize, Serialize};

/// ISO 3166-1, generated from Debian's iso-codes (`pycountry`), names of everyday use added by hand.
const TABLE: &str = include_str!("countries.txt");

/// Every code in order, for a quick look-up: those of the table, and three outside ISO 3166-1 that have
/// phone numbers of their own and that locators and phone libraries use (Ascension, Tristan da Cunha,
/// Kosovo).
const CODES: &str = "\
    ACADAEAFAGAIALAMAOAQARASATAUAWAXAZBABBBDBEBFBGBHBIBJBLBMBNBOBQBRBSBTBVBWBYBZCACCCDCF\
    CGCHCICKCLCMCNCOCRCUCVCWCXCYCZDEDJDKDMDODZECEEEGEHERESETFIFJFKFMFOFRGAGBGDGEGFGGGHGI\
    GLGMGNGPGQGRGSGTGUGWGYHKHMHNHRHTHUIDIEILIMINIOIQIRISITJEJMJOJPKEKGKHKIKMKNKPKRKWKYKZ\
    LALBLCLILKLRLSLTLULVLYMAMCMDMEMFMGMHMKMLMMMNMOMPMQMRMSMTMUMVMWMXMYMZNANCNENFNGNINLNO\
    NPNRNUNZOMPAPEPFPGPHPKPLPMPNPRPSPTPWPYQARERORSRURWSASBSCSDSESGSHSISJSKSLSMSNSOSRSSST\
    SVSXSYSZTATCTDTFTGTHTJTKTLTMTNTOTRTTTVTWTZUAUGUMUSUYUZVAVCVEVGVIVNVUWFWSXKYEYTZAZMZW";

/// Longest text taken for a country, in bytes.
const MAX_BYTES: usize = 80;

/// A country code, kept upper-case; TikTok takes it in lower case.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Country([u8; 2]);

impl Country {
    /// The United States, whose zip codes have a rule of their own.
    pub const US: Self = Self(*b"US");

    /// Reads a two-letter code in either case, spaces around it allowed: one of ISO 3166-1, or `AC`,
    /// `TA` or `XK`, which are regions of phone numbers. `XX`, `T1` (Cloudflare's words for unknown
    /// and Tor) and `UK` are no codes.
    ///
    /// ```
    /// use clickjoin::identity::Country;
    /// assert_eq!(Country::parse(" us ").unwrap().upper(), "US");
    /// assert_eq!(Country::parse("UK"), None);
    /// ```
    pub fn parse(text: &str) -> Option<Self> {
        let [first, second] = *text.trim().as_bytes() else {
            return None;
        };
        let code = [first.to_ascii_uppercase(), second.to_ascii_uppercase()];
        let (codes, _) = CODES.as_bytes().as_chunks::<2>();
        codes.binary_search(&code).ok().map(|_| Self(code))
    }

    /// Reads a country as leads name it: a two-letter code, a three-letter code (`USA`), or a name in
    /// any case and punctuation (`United States`, `Türkiye`). `UK` and `EL`, which people and the
    /// European Union write for `GB` and `GR`, are taken with a note.
    pub fn recognise(text: &str) -> Option<Noted<Self>> {
        let text = text.trim();
        if text.len() > MAX_BYTES {
            return None;
        }
        if let Some(country) = Self::parse(text) {
            return Some(Noted::plain(country));
        }
        if text.eq_ignore_ascii_case("uk") {
            return Self::parse("GB")
                .map(|gb| Noted::with(gb, "UK is not an ISO 3166 code: read as GB"));
        }
        if text.eq_ignore_ascii_case("el") {
            return Self::parse("GR")
                .map(|gr| Noted::with(gr, "EL is not an ISO 3166 code: read as GR"));
        }
        let key: String =
            text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
        let (alpha_2, ..) = rows().find(|(_, alpha_3, names)| {
            alpha_3.eq_ignore_ascii_case(&key) || names.split(' ').any(|name| name == key)
        })?;
        Self::parse(alpha_2).map(Noted::plain)
    }

    /// The country as ISO 3166-1 has it: Ascension and Tristan da Cunha are parts of `SH`, Kosovo has
    /// no official code.
    pub fn official(self) -> Option<Self> {
        match &self.0 {
            b"AC" | b"TA" => Some(Self(*b"SH")),
            b"XK" => None,
            _ => Some(self),
        }
    }

    /// The code in upper case (`US`).
    pub fn upper(self) -> String {
        self.0.iter().copied().map(char::from).collect()
    }

    /// The code in lower case (`us`), as TikTok takes it.
    pub fn lower(self) -> String {
        self.upper().to_ascii_lowercase()
    }
}

/// Two-letter code, three-letter code, names separated by spaces.
fn rows() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    TABLE.lines().filter_map(|line| {
        let (alpha_2, rest) = line.split_once(' ')?;
        let (alpha_3, names) = rest.split_once(' ').unwrap_or((rest, ""));
        Some((alpha_2, alpha_3, names))
    })
}

impl TryFrom<String> for Country {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("not a two-letter country code")
    }
}

impl From<Country> for String {
    fn from(country: Country) -> Self {
        country.upper()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_whole() {
        assert_eq!(rows().count(), 249);
        assert!(CODES.as_bytes().as_chunks::<2>().0.is_sorted());
        assert_eq!(CODES.len(), 2 * (249 + 3));
        for (alpha_2, alpha_3, names) in rows() {
            let country = Country::parse(alpha_2).expect(alpha_2);
            for name in names.split(' ').chain([alpha_3]) {
                assert!(!name.is_empty(), "{alpha_2} has no name");
                assert_eq!(Country::recognise(name).expect(name).value, country, "{name}");
            }
        }
    }

    #[test]
    fn ways_to_name_a_country() {
        let table = [
            ("us", "US"),
            (" De ", "DE"),
            ("USA", "US"),
            ("U.S.A.", "US"),
            ("United States", "US"),
            ("UNITED STATES OF AMERICA", "US"),
            ("Türkiye", "TR"),
            ("Turkey", "TR"),
            ("Côte d'Ivoire", "CI"),
            ("Cote d’Ivoire", "CI"),
            ("uk", "GB"),
            ("England", "GB"),
            ("el", "GR"),
            ("Guinea-Bissau", "GW"),
            ("xk", "XK"),
            ("日本", "JP"),
            ("ÖSTERREICH", "AT"),
        ];
        for (given, code) in table {
            let found = Country::recognise(given).map(|noted| noted.value.upper());
            assert_eq!(found.as_deref(), Some(code), "{given}");
        }
        assert!(Country::recognise("UK").expect("GB").note.is_some());
        for none in ["", "XX", "T1", "ZZ", "QQ", "Atlantis", "U", "🇺🇸", &"a".repeat(100)] {
            assert_eq!(Country::recognise(none), None, "{none}");
        }
    }

    #[test]
    fn regions_of_phones_only() {
        let official = |code| Country::parse(code).expect(code).official().map(Country::upper);
        assert_eq!(official("AC").as_deref(), Some("SH"));
        assert_eq!(official("XK"), None);
        assert_eq!(official("FR").as_deref(), Some("FR"));
    }
}
