//! `GET /c/{campaign}` and campaigns' own addresses: the redirect leaves at once, the record is
//! stored behind it.

use super::clock::{now, random};
use super::js::{self, Context, Env, Request, Response};
use super::reply;
use super::setup::Ready;
use super::store;
use super::visitor::VisitorHeaders;
use crate::capture::decide;
use crate::route::Target;

/// Answers a click from memory: nothing is awaited.
pub(super) fn answer(
    ready: &Ready,
    request: &Request,
    env: &Env,
    context: &Context,
    method: &str,
    campaign: &str,
    target: Target<'_>,
) -> Response {
    let now = now();
    let Some((name, campaign)) = ready.config.campaign(campaign, now) else {
        return reply::unknown_campaign();
    };
    let Some(random) = random() else { return reply::misconfigured() };
    let headers = VisitorHeaders::read(request, campaign);
    let visitor = headers.visitor(method == "HEAD", target.host, target.query);
    let Some(captured) = decide(name, campaign, &visitor, now, random) else {
        return reply::leads_back();
    };
    if captured.is_visit {
        store::visit(ready, env, context, name, headers.ip(), now, captured.click);
    }
    let mut lines = captured.location;
    if let Some(cookie) = &captured.set_cookie {
        lines.push('\n');
        lines.push_str(cookie);
    }
    js::redirect(&lines)
}

/// Answers a request that no route takes: a click, if the address is a campaign's own.
pub(super) fn at_own_address(
    ready: &Ready,
    request: &Request,
    env: &Env,
    context: &Context,
    method: &str,
    target: Target<'_>,
) -> Response {
    match ready.config.click_links.campaign(target.host, target.path) {
        Some(campaign) if matches!(method, "GET" | "HEAD") => {
            answer(ready, request, env, context, method, campaign.as_str(), target)
        }
        Some(_) => reply::method_not_allowed("GET, HEAD"),
        None => reply::not_found(),
    }
}
