//! The edge: the only code that names the runtime. It takes a request apart, asks the pure code what
//! to do, and does it.
//!
//! [`fetch`] is a plain function and no `async` handler: what can be answered at once (a click) is a
//! `Response`, what must wait is a `Promise`. A future around the redirect would cost more than the
//! redirect itself.

mod capture;
mod clock;
mod health;
mod js;
mod landing_page;
mod page_click;
mod reply;
mod setup;
mod store;
mod visitor;

use crate::route::{self, Route, Target};
use js::{Context, Env, Request};
use setup::Setup;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

/// The Worker's entry: answers with a `Response` or with a `Promise` of one.
///
/// # Errors
/// Only on the host of a landing page, where an exception lets the request pass to the origin.
#[wasm_bindgen]
pub fn fetch(request: &Request, env: &Env, context: &Context) -> Result<JsValue, JsValue> {
    let url = request.url();
    let target = Target::of(&url);
    let method = request.method();
    let setup = Setup::of(env);
    let route = if setup.landing_hosts.contains(target.host) {
        match route::on_landing_page(&method, target.path) {
            Some(route) => route,
            None => {
                return landing_page::answer(&setup, request, env, context, &method, &url, target);
            }
        }
    } else {
        Route::of(&method, target.path)
    };
    let ready = match (&route, setup.ready()) {
        (Route::Health, _) => return Ok(health::answer(&setup).into()),
        (_, Some(ready)) => ready,
        (_, None) => return Ok(reply::misconfigured().into()),
    };
    let is_head = method == "HEAD";
    let capture = |campaign: &str| {
        capture::answer(ready, request, env, context, campaign, is_head, target).into()
    };
    Ok(match route {
        Route::Capture { campaign } => capture(&campaign),
        Route::PageScript => page_click::script().into(),
        Route::PageClick => page_click::answer(&setup, request, env, context, &method, target),
        Route::Postback { .. } => reply::not_found().into(),
        Route::MethodNotAllowed { allow } => reply::method_not_allowed(allow).into(),
        Route::Health => reply::not_found().into(),
        Route::NotFound => match ready.config.click_links.campaign(target.host, target.path) {
            Some(name) if matches!(&*method, "GET" | "HEAD") => capture(name.as_str()),
            Some(_) => reply::method_not_allowed("GET, HEAD").into(),
            None => reply::not_found().into(),
        },
    })
}
