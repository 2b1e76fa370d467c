//! Step 3: the events for the pixels, and the question to the ledger.

use super::receive::{Lead, Place, rejected};
use crate::click::ClickRecord;
use crate::config::{Campaign, Destination};
use crate::event::{self, DraftInput, EventSource};
use crate::lead::Field;
use crate::ledger::protocol::{Ask, Draft, Submit, shard};
use crate::postback::answer::Answer;
use crate::rejection::Rejection;
use crate::slug::Slug;
use crate::time::UnixMillis;
use crate::warning::Warning;

/// Longest test code, in bytes; TikTok's have about 10.
const MAX_TEST_CODE: usize = 64;

/// What KV said of the lead's click.
#[derive(Clone, Debug)]
pub enum ClickLookup {
    /// The lead names no click.
    NotAsked,
    /// KV has it.
    Found(Box<ClickRecord>),
    /// KV does not know it, or did not answer: it may know later.
    Missing,
}

/// The question to the ledger, and what the answer needs besides its reply.
#[derive(Clone, Debug)]
pub struct Question {
    /// Which shard is asked.
    pub shard: u32,
    /// What it is asked: always a [`Ask::Submit`].
    pub ask: Ask,
    /// Only show what would be done.
    pub(super) dry_run: bool,
    /// A web event has no page but the configuration's, unless a click brings one.
    pub(super) page_is_fallback: bool,
    /// The pixels in the source's order.
    pub(super) pixels: Vec<Slug>,
    /// Pixels that the lead cannot be told to, each with why.
    pub(super) rejected: Vec<(Slug, Rejection)>,
    /// What was lost on the way.
    pub(super) warnings: Vec<Warning>,
}

/// Makes the events of a lead, one for each pixel.
///
/// # Errors
/// The answer, where no pixel can be told.
pub fn ask(
    place: &Place<'_>,
    lead: Lead,
    lookup: ClickLookup,
    now: UnixMillis,
) -> Result<Question, Answer> {
    let (click, click_missing) = match lookup {
        ClickLookup::NotAsked => (None, false),
        ClickLookup::Found(click) => (Some(*click), false),
        ClickLookup::Missing => (None, true),
    };
    let mut warnings = lead.warnings.clone();
    let pixels =
        pixels(place, &lead, click.as_ref()).map_err(|rejection| rejected(rejection, &warnings))?;
    let mut events = Vec::new();
    let mut refused = Vec::new();
    for pixel in &pixels {
        match draft(place, &lead, click.as_ref(), pixel, now) {
            Ok((draft, more)) => {
                events.push(draft);
                let new: Vec<_> =
                    more.into_iter().filter(|warning| !warnings.contains(warning)).collect();
                warnings.extend(new);
            }
            Err(rejection) => refused.push((pixel.clone(), rejection)),
        }
    }
    if events.is_empty()
        && let Some((_, rejection)) = refused.first().cloned()
    {
        return Err(rejected(rejection, &warnings));
    }
    let transaction_id = lead.transaction_id;
    let page_is_fallback = events.iter().any(|draft| {
        let own = draft.event.page.as_ref().and_then(|page| page.url.as_ref());
        own.is_none() && draft.fallback_page_url.is_some()
    });
    Ok(Question {
        dry_run: lead.dry_run,
        pixels,
        page_is_fallback,
        shard: shard(
            place.name,
            transaction_id.as_deref(),
            lead.click_id,
            Some(&lead.event_id),
            place.config.ledger_shards,
        ),
        ask: Ask::Submit(Submit {
            source: place.name.clone(),
            transaction_id,
            click_id: lead.click_id,
            click,
            click_missing,
            events,
            dry_run: lead.dry_run,
        }),
        rejected: refused,
        warnings,
    })
}

/// The pixels to tell: the postback's own word, else the source's, else that of the click's campaign,
/// else the only one that can be meant.
fn pixels(
    place: &Place<'_>,
    lead: &Lead,
    click: Option<&ClickRecord>,
) -> Result<Vec<Slug>, Rejection> {
    let config = place.config;
    if let Some(asked) = lead.facts.fields.first(Field::Pixel) {
        let known = config.pixels.get_key_value(asked.expose().trim());
        return known.map(|(name, _)| vec![name.clone()]).ok_or_else(|| {
            Rejection::field("pixel", "no pixel of that name; look at [vars.CONFIG.pixels]")
        });
    }
    if !place.source.pixels.is_empty() {
        return Ok(place.source.pixels.clone());
    }
    let of_click = click
        .and_then(|click| config.campaigns.get(click.campaign.as_str()))
        .and_then(|campaign| campaign.pixel.clone());
    if let Some(pixel) = of_click {
        return Ok(vec![pixel]);
    }
    let mut all: Vec<&Slug> = Vec::new();
    for pixel in config.campaigns.values().filter_map(|campaign| campaign.pixel.as_ref()) {
        if !all.contains(&pixel) {
            all.push(pixel);
        }
    }
    if all.is_empty() {
        all.extend(config.pixels.keys());
    }
    match all.as_slice() {
        [only] => Ok(vec![(*only).clone()]),
        _ => Err(Rejection::field(
            "pixel",
            "several pixels could be meant and no click says which: give the source a pixel in \
             wrangler.toml, or send click_id or pixel",
        )),
    }
}

fn draft(
    place: &Place<'_>,
    lead: &Lead,
    click: Option<&ClickRecord>,
    pixel: &Slug,
    now: UnixMillis,
) -> Result<(Draft, Vec<Warning>), Rejection> {
    let no_pixel = || Rejection::field("pixel", "no pixel of that name");
    let settings = place.config.pixels.get(pixel).ok_or_else(no_pixel)?;
    let drafted = event::draft(&DraftInput {
        fields: &lead.facts.fields,
        name: lead.event.clone(),
        event_id: lead.event_id.clone(),
        event_source: settings.event_source,
        now,
        currency: place.source.currency,
        country: place.source.country,
        click,
        max_event_age_days: place.config.max_event_age_days,
    })?;
    drafted.event.check_before_click(settings.event_source)?;
    let is_web = settings.event_source == EventSource::Web;
    let draft = Draft {
        pixel: pixel.clone(),
        event_source: settings.event_source,
        event: drafted.event,
        fallback_page_url: if is_web { fallback_page_url(place, pixel) } else { None },
        test_event_code: test_event_code(lead)?
            .or_else(|| settings.test_event_code.clone())
            .or_else(|| place.source.test_event_code.clone()),
    };
    Ok((draft, drafted.warnings))
}

/// The page of a web event that neither postback nor click names one for. TikTok refuses an event
/// without a page, and a lost event is lost money: so it is the source's `page_url`, or the landing
/// page of the pixel's campaigns (of all, where it has none), as far as they agree on one.
fn fallback_page_url(place: &Place<'_>, pixel: &Slug) -> Option<String> {
    if let Some(page) = &place.source.page_url {
        return Some(page.to_string());
    }
    let all = || place.config.campaigns.values();
    let own = |campaign: &&Campaign| campaign.pixel.as_ref() == Some(pixel);
    let mut campaigns: Vec<&Campaign> = all().filter(own).collect();
    if campaigns.is_empty() {
        campaigns = all().collect();
    }
    let pages: Vec<&Destination> =
        campaigns.into_iter().flat_map(|campaign| campaign.destinations.iter()).collect();
    let (first, others) = pages.split_first()?;
    if !first.has_macros() && others.iter().all(|other| other.address == first.address) {
        return Some(first.address.to_string());
    }
    let origin = first.address.origin();
    others.iter().all(|other| other.address.origin() == origin).then(|| format!("{origin}/"))
}

fn test_event_code(lead: &Lead) -> Result<Option<String>, Rejection> {
    let Some(code) = lead.facts.fields.first(Field::TestEventCode) else { return Ok(None) };
    let code = code.expose().trim().to_owned();
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
    if code.len() <= MAX_TEST_CODE && code.bytes().all(allowed) {
        Ok(Some(code))
    } else {
        let reason = "not a test code: copy it from Events Manager > Test Events";
        Err(Rejection::field("test_event_code", reason))
    }
}
