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
    /// `GET|HEAD /t.js`
    PageScript,
    /// `POST|OPTIONS /capture`: what the page script has seen.
    PageClick,
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
            (Some("t.js"), None, None, None) => (Self::PageScript, "GET, HEAD"),
            (Some("capture"), None, None, None) => (Self::PageClick, "POST, OPTIONS"),
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

/// First parts of paths that are Clickjoin's own, in use or to come: no campaign can have them.
const RESERVED: [&str; 8] =
    ["c", "t.js", "capture", "postback", "healthz", "console", "api", ON_LANDING_PAGES];

/// On the hosts of landing pages everything is the origin's, but for the page script and what it
/// reports to, below this.
const ON_LANDING_PAGES: &str = "_cj";

/// Whether a path is one of Clickjoin's own or below one.
pub fn is_reserved(path: &str) -> bool {
    let first = path.split('/').nth(1).map(query::decode);
    first.is_some_and(|first| RESERVED.contains(&&*first))
}

/// The route of a request to the host of a landing page; none: it is the origin's.
pub fn on_landing_page<'a>(method: &str, path: &'a str) -> Option<Route<'a>> {
    let ours = path.strip_prefix('/')?.strip_prefix(ON_LANDING_PAGES)?;
    let route = Route::of(method, ours.starts_with('/').then_some(ours)?);
    matches!(route, Route::PageScript | Route::PageClick).then_some(route)
}

/// The parts of a request's URL that decide where it goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Target<'a> {
    /// `host[:port]`, as the URL has it.
    pub host: &'a str,
    /// The path, at least `/`.
    pub path: &'a str,
    /// The raw query string, without `?`; empty if there is none.
    pub query: &'a str,
}

impl<'a> Target<'a> {
    /// Cuts a URL as the runtime gives it.
    pub fn of(url: &'a str) -> Self {
        let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
        let rest = rest.split_once('#').map_or(rest, |(rest, _)| rest);
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (host, path) =
            rest.find('/').and_then(|at| rest.split_at_checked(at)).unwrap_or((rest, "/"));
        Self { host, path, query }
    }
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
            ("GET", "/t.js", Route::PageScript),
            ("POST", "/t.js", Route::MethodNotAllowed { allow: "GET, HEAD" }),
            ("POST", "/capture", Route::PageClick),
            ("OPTIONS", "/capture", Route::PageClick),
            ("GET", "/capture", Route::MethodNotAllowed { allow: "POST, OPTIONS" }),
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
        for (url, host, path, query) in [
            ("https://t.example/c/x?a=1?b#f", "t.example", "/c/x", "a=1?b"),
            ("http://localhost:8787/healthz", "localhost:8787", "/healthz", ""),
            ("https://t.example", "t.example", "/", ""),
            ("https://t.example?a=/b", "t.example", "/", "a=/b"),
            ("https://t.example/c/x?", "t.example", "/c/x", ""),
        ] {
            assert_eq!(Target::of(url), Target { host, path, query });
        }
    }

    #[test]
    fn on_the_host_of_a_landing_page_only_the_script_is_ours() {
        assert_eq!(on_landing_page("GET", "/_cj/t.js"), Some(Route::PageScript));
        assert_eq!(on_landing_page("POST", "/_cj/capture"), Some(Route::PageClick));
        for path in ["/", "/t.js", "/capture", "/c/spring", "/_cj", "/_cj/c/spring", "/_cjx/t.js"] {
            assert_eq!(on_landing_page("GET", path), None, "{path}");
        }
    }

    #[test]
    fn no_campaign_can_take_a_path_of_ours() {
        for path in ["/c", "/c/x", "/api/x", "/t.js", "/%63/x", "/_cj/t.js"] {
            assert!(is_reserved(path), "{path}");
        }
        for path in ["/", "/solar", "/cc", "/x/c"] {
            assert!(!is_reserved(path), "{path}");
        }
    }
}
