//! The edge: the only code that names the runtime. It takes a request apart, asks the pure code what
//! to do, and does it.
//!
//! [`fetch`] is a plain function and no `async` handler: what can be answered at once (a click) is a
//! `Response`, what must wait is a `Promise`. A future around the redirect would cost more than the
//! redirect itself.

mod capture;
mod health;
mod js;
mod reply;
mod setup;

use crate::route::{Route, path_and_query};
use js::{Context, Env, Request};
use setup::Setup;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

/// The Worker's entry: answers with a `Response` or with a `Promise` of one.
#[wasm_bindgen]
pub fn fetch(request: &Request, env: &Env, context: &Context) -> JsValue {
    let url = request.url();
    let (path, query) = path_and_query(&url);
    let setup = Setup::of(env);
    let route = Route::of(&request.method(), path);
    let ready = match (&route, setup.ready()) {
        (Route::Health, _) => return health::answer(&setup).into(),
        (_, Some(ready)) => ready,
        (_, None) => return reply::misconfigured().into(),
    };
    match route {
        Route::Capture { campaign } => {
            capture::answer(ready, request, env, context, &campaign, query).into()
        }
        Route::Postback { .. } => reply::not_found().into(),
        Route::MethodNotAllowed { allow } => reply::method_not_allowed(allow).into(),
        Route::Health | Route::NotFound => reply::not_found().into(),
    }
}
