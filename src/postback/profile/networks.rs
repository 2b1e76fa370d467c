//! Lead platforms and affiliate networks.

use super::{AnswerForm, Outcome, PLAIN, Profile};
use crate::lead::Field;
use crate::postback::trigger::Trigger;

/// Pingtree: `transaction_id` is the lead, `cid` the campaign (no click), `pid` the source, `clid`
/// the offer's listing. Its click script copies every query parameter of the landing page onto the
/// lead, so our `click_id` comes back under its own name. What happened is said by the path, a
/// static `trigger`, or an `event` with TikTok's name: there is no default.
pub(super) static PINGTREE: Profile =
    Profile { name: "pingtree", unused: &["pid", "cid", "sub#"], offer: &["clid"], ..PLAIN };

/// Everflow: `transaction_id` is the click, `event_id` the number of its event (the same for every
/// lead), `12,34` is 12.34. It switches a postback off after 10 failures in 72 h.
pub(super) static EVERFLOW: Profile = Profile {
    name: "everflow",
    aliases: &[("transactionid", Field::ClickId), ("conversionid", Field::TransactionId)],
    unused: &["eventid", "adv#", "sub#"],
    default_trigger: Some(Trigger::LeadSold),
    decimal_comma: true,
    always_ok: true,
    ..PLAIN
};

/// TUNE: `transaction_id` is the click; it reads the answer's text.
pub(super) static TUNE: Profile = Profile {
    name: "tune",
    aliases: &[("transactionid", Field::ClickId), ("conversionid", Field::TransactionId)],
    unused: &["eventid", "goalid", "affid", "affsub", "affsub#", "advsub", "advsub#", "sub#"],
    default_trigger: Some(Trigger::LeadSold),
    always_ok: true,
    answer: AnswerForm::TuneText,
    ..PLAIN
};

/// Affise: `action_id` is the conversion, `status` a number: 1 confirmed, 2 pending, 3 declined.
/// `goal` numbers the advertiser's own goals; a rule can choose an event by it.
pub(super) static AFFISE: Profile = Profile {
    name: "affise",
    aliases: &[("actionid", Field::TransactionId), ("sum", Field::Value)],
    unused: &["goal", "pid", "sub#"],
    statuses: &[
        ("1", Outcome::Trigger(Trigger::LeadSold)),
        ("2", Outcome::Trigger(Trigger::FormSubmit)),
        ("3", Outcome::Ignore),
    ],
    default_trigger: Some(Trigger::LeadSold),
    ..PLAIN
};

/// Phonexa: one postback for each of its triggers, named by the path or a `trigger` parameter.
/// "Lead Rejected" is ignored.
pub(super) static PHONEXA: Profile = Profile { name: "phonexa", unused: &["sub#"], ..PLAIN };
