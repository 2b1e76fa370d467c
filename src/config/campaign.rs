//! `[vars.CONFIG.campaigns.*]`: where an ad's clicks go.

use super::reader::Reader;
use super::{Problems, WebAddress};
use crate::slug::Slug;

/// A campaign: the landing page, and the pixel that its conversions are told to.
#[derive(Clone, PartialEq, Debug)]
pub struct Campaign {
    /// The landing page.
    pub destination: WebAddress,
    /// The pixel of the campaign's conversions, where a source names none.
    pub pixel: Option<Slug>,
}

impl Campaign {
    pub(super) fn read(mut reader: Reader<'_>, problems: &mut Problems) -> Option<Self> {
        let destination = reader.required("destination", WebAddress::parse, problems);
        let pixel = reader.parsed("pixel", slug, problems);
        reader.finish(problems);
        Some(Self { destination: destination?, pixel })
    }
}

/// A name of a pixel, a campaign or a source.
pub(super) fn slug(text: &str) -> Result<Slug, &'static str> {
    Slug::parse(text).ok_or("a name has 1 to 64 letters, digits, '-', '_' and '.'")
}
