//! Landing pages that the Worker stands in front of: every request goes on to the origin, and a
//! click is noted on the way. Whatever fails here, the page comes.

use super::clock::{now, random};
use super::js::{Context, Env, Request, send_on, with_cookie};
use super::setup::Setup;
use super::store;
use super::visitor::VisitorHeaders;
use crate::capture;
use crate::query;
use crate::route::Target;
use wasm_bindgen::JsValue;

/// Lets a request through to the origin.
pub(super) fn answer(
    setup: &Setup,
    request: &Request,
    env: &Env,
    context: &Context,
    method: &str,
    url: &str,
    target: Target<'_>,
) -> Result<JsValue, JsValue> {
    context.pass_through_on_exception();
    // First of all: the origin is at work while the click is looked at.
    let page = send_on(request)?;
    let carries_ttclid = || query::encoded_value(target.query, "ttclid").is_some();
    if method != "GET" || !carries_ttclid() {
        return Ok(page.into());
    }
    let Some(cookie) = note(setup, request, env, context, url, target) else {
        return Ok(page.into());
    };
    Ok(with_cookie(&page, &cookie).into())
}

/// Notes the click, if the visit is one; answers with the cookie to set.
fn note(
    setup: &Setup,
    request: &Request,
    env: &Env,
    context: &Context,
    url: &str,
    target: Target<'_>,
) -> Option<String> {
    let ready = setup.ready()?;
    let name = ready.config.click_links.landing_page(target.host, target.path)?;
    let now = now();
    let campaign = ready.config.campaigns.get(name).filter(|found| found.period.covers(now))?;
    let fetch_dest = request.headers().get("sec-fetch-dest").unwrap_or_default();
    let headers = VisitorHeaders::read(request, campaign);
    let visitor = headers.visitor(false, target.host, target.query);
    let visit = capture::landing_page(name, campaign, &visitor, url, &fetch_dest, now, random()?)?;
    store::visit(ready, env, context, name, headers.ip(), now, visit.click);
    visit.set_cookie
}
