//! Trackers: they report conversions of a click by GET, and pass our click id on in one of their
//! own parameters. Which one is the user's choice, so `fields.click_id = "sub3"` is often needed;
//! their own click id is no click id of ours and serves as the lead's id at most (`resolve`).

use super::{Outcome, PLAIN, Profile};
use crate::lead::Field;
use crate::postback::trigger::Trigger;

/// What all of them have: a postback is a conversion.
const TRACKER: Profile = Profile { default_trigger: Some(Trigger::LeadSold), ..PLAIN };

/// Voluum: `cid` is the click, `txid` the conversion, `et` a custom event type.
pub(super) static VOLUUM: Profile = Profile {
    name: "voluum",
    aliases: &[("cid", Field::ClickId), ("txid", Field::TransactionId), ("et", Field::Trigger)],
    unused: &["sub#", "var#", "param#", "customvariable#"],
    ..TRACKER
};

/// RedTrack: `sum` is the payout, `type` the conversion type as the user named it.
pub(super) static REDTRACK: Profile = Profile {
    name: "redtrack",
    aliases: &[("sum", Field::Value), ("type", Field::Trigger), ("txid", Field::TransactionId)],
    unused: &["sub#"],
    ..TRACKER
};

/// Keitaro: `subid` is the click, `tid` the conversion, `status` a word of its four.
pub(super) static KEITARO: Profile = Profile {
    name: "keitaro",
    aliases: &[("subid", Field::ClickId), ("tid", Field::TransactionId)],
    unused: &["subid#", "sub#", "from"],
    statuses: &[
        ("lead", Outcome::Trigger(Trigger::FormSubmit)),
        ("sale", Outcome::Trigger(Trigger::LeadSold)),
        ("rebill", Outcome::Trigger(Trigger::LeadSold)),
        ("rejected", Outcome::Ignore),
    ],
    ..TRACKER
};

/// Binom: its names begin with `cnv_`.
pub(super) static BINOM: Profile = Profile {
    name: "binom",
    aliases: &[
        ("cnvid", Field::ClickId),
        ("cnvstatus", Field::Status),
        ("cnvcurrency", Field::Currency),
        ("cnvpayout", Field::Value),
    ],
    unused: &["cnvstatus2", "event#", "addevent#", "sub#", "t#"],
    ..TRACKER
};

/// BeMob: its template ships the words REPLACE and OPTIONAL, which count as macros.
pub(super) static BEMOB: Profile = Profile {
    name: "bemob",
    aliases: &[("cid", Field::ClickId), ("txid", Field::TransactionId)],
    unused: &["sub#", "p#"],
    ..TRACKER
};

/// ClickFlare: `cid` or `click_id` is the click, `ct` the conversion type.
pub(super) static CLICKFLARE: Profile = Profile {
    name: "clickflare",
    aliases: &[("cid", Field::ClickId), ("txid", Field::TransactionId), ("ct", Field::Trigger)],
    unused: &["sub#", "param#"],
    ..TRACKER
};
