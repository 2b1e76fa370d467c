//! `user`, from the lead's fields.

use super::super::check::MAX_TTCLID_CHARS;
use super::super::{Hashes, User};
use super::DraftInput;
use super::reader::Reader;
use crate::identity::{
    self, Country, DECODED, NotPublic, Noted, PublicIp, Sha256Hex, Unusable, email, external_id,
    percent_decoded, phone, zip_code,
};
use crate::lead::Field;
use crate::raw::RawText;

/// Reads every key of `user`.
pub(super) fn read(reader: &mut Reader<'_>, input: &DraftInput<'_>) -> User {
    let country = reader.read(Field::Country, |raw| {
        let decoded = || {
            let country = Country::recognise(&percent_decoded(raw.expose())?)?.value;
            Some(Noted { value: country, note: Some(DECODED) })
        };
        let country = Country::recognise(raw.expose()).or_else(decoded);
        country.ok_or(Unusable("not an ISO 3166 country, left out"))
    });
    // Phones and zip codes are the lead's, so the lead's country comes first.
    let region =
        country.or_else(|| Country::parse(input.click?.country.as_deref()?)).or(input.country);
    User {
        ttclid: ttclid(reader),
        email: hashes(reader, Field::Email, email),
        phone: hashes(reader, Field::Phone, |raw| phone(raw, region)),
        external_id: hashes(reader, Field::ExternalId, external_id),
        first_name: reader.read(Field::FirstName, identity::name),
        last_name: reader.read(Field::LastName, identity::name),
        zip_code: reader.read(Field::ZipCode, |raw| zip_code(raw, region)),
        city: place(reader, Field::City),
        state: place(reader, Field::State),
        country: country.and_then(|country| official(reader, country)),
        ttp: reader.untouched(Field::Ttp),
        ip: ip(reader),
        user_agent: user_agent(reader),
        locale: reader.untouched(Field::Locale),
    }
}

/// Byte for byte; one that TikTok would refuse for its length is left out, never cut.
fn ttclid(reader: &mut Reader<'_>) -> Option<String> {
    let ttclid = reader.untouched(Field::Ttclid)?;
    if ttclid.chars().count() <= MAX_TTCLID_CHARS {
        return Some(ttclid);
    }
    reader.warn(
        Field::Ttclid,
        "longer than the 1,000 characters that TikTok gives a click id, left out",
    );
    None
}

/// As it came; every browser's has spaces, so one without them and with codes for them was encoded
/// once too often.
fn user_agent(reader: &mut Reader<'_>) -> Option<String> {
    let agent = reader.untouched(Field::UserAgent)?;
    let decoded = percent_decoded(&agent).filter(|decoded| decoded.contains(' '));
    match decoded.filter(|_| !agent.contains(' ')) {
        Some(decoded) => {
            reader.warn(Field::UserAgent, DECODED);
            Some(decoded)
        }
        None => Some(agent),
    }
}

/// Every usable value of a key that takes several.
fn hashes(
    reader: &mut Reader<'_>,
    field: Field,
    read: impl Fn(&RawText) -> Result<Noted<Sha256Hex>, Unusable>,
) -> Hashes {
    let mut hashes = Hashes::default();
    for raw in reader.raws(field) {
        let kept = reader.keep(field, read(raw)).is_none_or(|hash| hashes.add(hash));
        if !kept {
            reader.warn(
                field,
                "has more values than one person has: those after the tenth are left out",
            );
            break;
        }
    }
    hashes
}

fn place(reader: &mut Reader<'_>, field: Field) -> Option<String> {
    reader.read(field, identity::place)
}

/// Kosovo and the like have phone numbers and no code that TikTok takes.
fn official(reader: &mut Reader<'_>, country: Country) -> Option<Country> {
    let official = country.official();
    if official.is_none() {
        reader.warn(Field::Country, "not an ISO 3166 country, left out; used for the phone only");
    }
    official
}

fn ip(reader: &mut Reader<'_>) -> Option<PublicIp> {
    reader.read(Field::Ip, |raw| match PublicIp::parse(raw.expose()) {
        Ok(value) => Ok(Noted { value, note: None }),
        Err(NotPublic::Malformed) => Err(Unusable("not an IP address, left out")),
        Err(NotPublic::Reserved) => {
            Err(Unusable("a private or reserved address, left out: send the visitor's own"))
        }
    })
}
