//! `/t.js` and `POST /capture`: clicks on pages that no Worker stands in front of.

use super::body::read_at_most;
use super::clock::{now, random};
use super::js::{Context, Env, Request, Response};
use super::reply;
use super::setup::Setup;
use super::store;
use super::visitor::VisitorHeaders;
use crate::capture::{PageReport, is_allowed_origin, page_click, page_script};
use crate::query;
use crate::route::Target;
use serde::Serialize;
use std::cell::OnceCell;
use std::rc::Rc;
use wasm_bindgen::JsValue;

/// `GET /t.js`
pub(super) fn script() -> Response {
    thread_local! {
        static SCRIPT: OnceCell<String> = const { OnceCell::new() };
    }
    SCRIPT.with(|script| reply::script(script.get_or_init(page_script)))
}

/// What the script gets.
#[derive(Serialize)]
struct Answer {
    click_id: String,
}

/// `POST|OPTIONS /capture?c={campaign}`
pub(super) fn answer(
    setup: &Rc<Setup>,
    request: &Request,
    env: &Env,
    context: &Context,
    method: &str,
    target: Target<'_>,
) -> JsValue {
    let Some(ready) = setup.ready() else { return reply::misconfigured().into() };
    let name = query::value(target.query, "c").unwrap_or_default();
    let Some((name, campaign)) = ready.config.campaign(&name, now()) else {
        return reply::unknown_campaign().into();
    };
    let headers = request.headers();
    let origin = headers.get("origin").unwrap_or_default();
    if !is_allowed_origin(campaign, &origin) {
        return reply::origin_not_allowed().into();
    }
    if method == "OPTIONS" {
        return reply::preflight(&origin).into();
    }
    let headers = VisitorHeaders::read(&headers, campaign);
    let (setup, request) = (Rc::clone(setup), request.clone());
    let (env, context) = (env.clone(), context.clone());
    let (name, query) = (name.clone(), target.query.to_owned());
    super::promise(async move {
        let body = read_at_most(&request, PageReport::MAX_BODY.saturating_add(1)).await;
        let body = body.ok().and_then(|body| String::from_utf8(body).ok());
        let report = body.as_deref().and_then(PageReport::parse);
        let Some(report) = report else { return reply::unreadable() };
        let Some(ready) = setup.ready() else { return reply::misconfigured() };
        let Some(campaign) = ready.config.campaigns.get(&name) else {
            return reply::unknown_campaign();
        };
        let Some(random) = random() else { return reply::misconfigured() };
        let visitor = headers.visitor(false, "", &query);
        let now = now();
        let seen = page_click(&name, campaign, &report, &origin, &visitor, now, random);
        if seen.is_visit {
            store::visit(ready, &env, &context, &name, &headers.ip, now, seen.click);
        }
        let answer = Answer { click_id: seen.id.to_string() };
        reply::json_to_page(&answer, &origin, seen.set_cookie.as_deref())
    })
}
