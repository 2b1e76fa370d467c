//! Which room a request is for: method and path in, [`Route`] out.

use crate::query;
use std::borrow::Cow;

/// Where a request goes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Route<'a> {
    /// `GET|HEAD /c/{campaign}`
    Capture {
        /// The campaign's name, as the path has it.
        campaign: Cow<'a, str>,
    },
    /// `/postback/{source}[/{trigger}]`, with any method: what is wrong is answered as postbacks are.
    Postback {
        /// The source's name, as the path has it.
        source: Cow<'a, str>,
        /// What happened, where the path says so.
        trigger: Option<Cow<'a, str>>,
    },
    /// `GET|HEAD /healthz`
    Health,
    /// `/api/…`: what stands behind it, and any method; `api` has the routes.
    Api {
        /// The rest of the path.
        path: &'a str,
    },
    /// A route that exists, asked with a method that it does not take.
    MethodNotAllowed {
        /// The `Allow` header.
        allow: &'static str,
    },
    /// No such route.
    NotFound,
}

impl<'a> Route<'a> {
    /// Finds the route. `path` is percent-encoded, as the URL has it; a slash at its end is allowed.
    pub fn of(method: &str, path: &'a str) -> Self {
        let path = path.strip_suffix('/').unwrap_or(path);
        if let Some(path) = path.strip_prefix("/api/") {
            return Self::Api { path };
        }
        let mut parts = path.split('/').skip(1);
        let (first, second, third, more) = (parts.next(), parts.next(), parts.next(), parts.next());
        let (route, allow) = match (first, second, third, more) {
            (Some("c"), Some(campaign), None, None) => {
                (Self::Capture { campaign: query::decode(campaign) }, "GET, HEAD")
            }
            (Some("postback"), Some(source), trigger, None) => {
                let trigger = trigger.map(query::decode);
                return Self::Postback { source: query::decode(source), trigger };
            }
            (Some("healthz"), None, None, None) => (Self::Health, "GET, HEAD"),
            _ => return Self::NotFound,
        };
        if allow.split(", ").any(|allowed| allowed == method) {
            route
        } else {
            Self::MethodNotAllowed { allow }
        }
    }
}

/// Cuts a request's URL into its path and its raw query string (without `?`; empty if none).
pub fn path_and_query(url: &str) -> (&str, &str) {
    let behind_scheme = url.split_once("://").map_or(url, |(_, rest)| rest);
    let target = behind_scheme.find('/').and_then(|at| behind_scheme.split_at_checked(at));
    let target = target.map_or("/", |(_, target)| target);
    let target = target.split_once('#').map_or(target, |(target, _)| target);
    target.split_once('?').unwrap_or((target, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routes() {
        let capture = |campaign: &'static str| Route::Capture { campaign: campaign.into() };
        let postback = |source: &'static str, trigger: Option<&'static str>| Route::Postback {
            source: source.into(),
            trigger: trigger.map(Cow::Borrowed),
        };
        let table = [
            ("GET", "/c/spring", capture("spring")),
            ("HEAD", "/c/spring/", capture("spring")),
            ("GET", "/c/spr%69ng", capture("spring")),
            ("POST", "/c/spring", Route::MethodNotAllowed { allow: "GET, HEAD" }),
            ("GET", "/postback/pingtree", postback("pingtree", None)),
            ("POST", "/postback/pingtree/lead_sold", postback("pingtree", Some("lead_sold"))),
            ("PUT", "/postback/pingtree", postback("pingtree", None)),
            ("GET", "/postback/pingtree/a/b", Route::NotFound),
            ("GET", "/healthz", Route::Health),
            ("DELETE", "/healthz", Route::MethodNotAllowed { allow: "GET, HEAD" }),
            ("DELETE", "/api/events/0-1", Route::Api { path: "events/0-1" }),
            ("GET", "/api", Route::NotFound),
            ("GET", "/", Route::NotFound),
            ("GET", "", Route::NotFound),
            ("GET", "/c", Route::NotFound),
            ("GET", "/C/spring", Route::NotFound),
        ];
        for (method, path, route) in table {
            assert_eq!(Route::of(method, path), route, "{method} {path}");
        }
    }

    #[test]
    fn urls_are_cut_where_they_should() {
        for (url, cut) in [
            ("https://t.example/c/x?a=1?b#f", ("/c/x", "a=1?b")),
            ("http://localhost:8787/healthz", ("/healthz", "")),
            ("https://t.example", ("/", "")),
            ("https://t.example/c/x?", ("/c/x", "")),
        ] {
            assert_eq!(path_and_query(url), cut);
        }
    }
}
