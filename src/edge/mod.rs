//! The edge: the only code that names the runtime. It takes a request apart, asks the pure code what
//! to do, and does it.
//!
//! [`fetch`] is a plain function and no `async` handler: what can be answered at once (a click) is a
//! `Response`, what must wait is a `Promise`. A future around the redirect would cost more than the
//! redirect itself.

mod api;
mod body;
mod capture;
mod clock;
mod flood;
mod health;
mod js;
mod kv;
mod landing_page;
mod ledger;
mod ledger_client;
mod page_click;
mod postback;
mod reply;
mod settled;
mod setup;
mod store;
mod tiktok;
mod visitor;

use crate::route::{self, Route, Target};
use js::{Context, Env, Request, Response};
use setup::Setup;
use std::borrow::Cow;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_futures::future_to_promise;

/// The Worker's entry: answers with a `Response` or with a `Promise` of one.
///
/// # Errors
/// Only on the host of a landing page, where an exception lets the request pass to the origin.
#[wasm_bindgen]
pub fn fetch(request: &Request, env: &Env, context: &Context) -> Result<JsValue, JsValue> {
    let line = js::request_line(request);
    let (method, url) = line.split_once(' ').unwrap_or_default();
    let target = Target::of(url);
    let setup = Setup::of(env);
    let route = if setup.landing_hosts.iter().any(|host| host.eq_ignore_ascii_case(target.host)) {
        let Some(ours) = route::on_landing_page(method, target.path) else {
            return landing_page::answer(&setup, request, env, context, method, url, target);
        };
        ours
    } else {
        Route::of(method, target.path)
    };
    // Clicks see to it by themselves.
    if !matches!(route, Route::Capture { .. }) {
        store::report_if_due(env, context);
    }
    Ok(match (route, setup.ready()) {
        (Route::Capture { campaign }, Some(ready)) => {
            capture::answer(ready, request, env, context, method, &campaign, target).into()
        }
        (Route::Postback { source, trigger }, _) => {
            let target = postback::Target {
                method: method.to_owned(),
                source: source.into_owned(),
                trigger: trigger.map(Cow::into_owned),
                query: target.query.to_owned(),
            };
            let (request, env) = (request.clone(), env.clone());
            promise(async move { postback::answer(&setup, &request, &env, &target).await })
        }
        (Route::Health, _) => {
            let env = env.clone();
            promise(async move { health::answer(&setup, &env).await })
        }
        (Route::PageScript, _) => page_click::script().into(),
        (_, None) => reply::misconfigured().into(),
        (Route::PageClick, Some(_)) => {
            page_click::answer(&setup, request, env, context, method, target)
        }
        (Route::Api { path }, Some(_)) => {
            let question = api::Question {
                method: method.to_owned(),
                path: path.to_owned(),
                query: target.query.to_owned(),
                authorization: request.headers().get("authorization"),
            };
            let env = env.clone();
            promise(async move { api::answer(&setup, &env, &question).await })
        }
        (Route::MethodNotAllowed { allow }, _) => reply::method_not_allowed(allow).into(),
        (Route::NotFound, Some(ready)) => {
            capture::at_own_address(ready, request, env, context, method, target).into()
        }
    })
}

/// What must wait, as the runtime wants it.
fn promise(answer: impl Future<Output = Response> + 'static) -> JsValue {
    future_to_promise(async move { Ok(answer.await.into()) }).into()
}

/// Faster than the default for many small texts, and no larger: postbacks take 3 % less CPU with it.
#[cfg(target_arch = "wasm32")]
#[global_allocator]
static ALLOCATOR: rlsf::SmallGlobalTlsf = rlsf::SmallGlobalTlsf::new();
