//! Landing pages that the Worker stands in front of: every request goes on to the origin, and a
//! click is noted on the way. Whatever fails here, the page comes.

use super::clock::{now, random};
use super::js::{Context, Env, Request, Response, send_on};
use super::setup::Setup;
use super::store;
use super::visitor::VisitorHeaders;
use crate::capture;
use crate::query;
use crate::route::Target;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, future_to_promise};

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
    let with_cookie = async move {
        let answer = JsFuture::from(page).await?;
        Ok(with_cookie(answer.unchecked_ref(), &cookie).map_or(answer, JsValue::from))
    };
    Ok(future_to_promise(with_cookie).into())
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
    let headers = request.headers();
    let fetch_dest = headers.get("sec-fetch-dest").unwrap_or_default();
    let headers = VisitorHeaders::read(&headers, campaign);
    let visitor = headers.visitor(false, target.host, target.query);
    let visit = capture::landing_page(name, campaign, &visitor, url, &fetch_dest, now, random()?)?;
    store::visit(ready, env, context, name, &headers.ip, now, visit.click);
    visit.set_cookie
}

/// The page with one cookie more; none where its headers cannot be changed.
fn with_cookie(page: &Response, cookie: &str) -> Option<Response> {
    // Below 200 there is no page but a switch of protocols.
    if page.status() < 200 {
        return None;
    }
    let page = Response::with_stream(&page.stream(), page).ok()?;
    page.response_headers().append("set-cookie", cookie).ok()?;
    Some(page)
}
