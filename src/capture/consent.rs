//! What a visitor agreed to, as far as the campaign asks.

use super::cookie;
use super::visitor::Visitor;
use crate::config::{Campaign, Consent, LimitedDataUse};
use crate::query;

/// What follows from a visitor's consent for what is kept of their click.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Permission {
    /// ip and user agent may be stored.
    pub(super) personal: bool,
    /// A cookie may be set. Without the consent that a campaign asks for there is none: it would
    /// make the visit on which consent is given look like a repeat.
    pub(super) cookie: bool,
    /// The click is marked.
    pub(super) limited_data_use: bool,
}

impl Permission {
    pub(super) fn of(campaign: &Campaign, visitor: &Visitor<'_>) -> Self {
        let agreed = campaign.consent.as_ref().is_none_or(|consent| is_given(consent, visitor));
        let objects = campaign.honor_gpc && visitor.has_gpc;
        let marked = match campaign.limited_data_use {
            LimitedDataUse::Never => false,
            LimitedDataUse::WithoutConsent => !agreed,
            LimitedDataUse::Always => true,
        };
        Self { personal: agreed && !objects, cookie: agreed, limited_data_use: marked || objects }
    }
}

/// A parameter that is there decides, the cookie where it is not.
fn is_given(consent: &Consent, visitor: &Visitor<'_>) -> bool {
    let param = consent.param.as_deref().and_then(|name| {
        query::value(visitor.query, name).or_else(|| query::value(visitor.page.script_query, name))
    });
    if let Some(value) = param {
        return consent.is_yes(&value);
    }
    let cookie = consent.cookie.as_deref().and_then(|name| cookie::value(visitor.cookies, name));
    cookie.is_some_and(|value| consent.is_yes(&query::decode(value)))
}
