//! `[vars.CONFIG.campaigns.*]`: where an ad's clicks go and what is kept of them.

use super::click_links::DEFAULT_PORTS;
use super::consent::{Consent, LimitedDataUse};
use super::destination::Destinations;
use super::period::Period;
use super::reader::Reader;
use super::{Problems, WebAddress, macros};
use crate::route::{self, Route};
use crate::slug::Slug;

/// Most names under which one click id is appended: each makes every landing page's URL longer.
const MAX_CLICK_ID_PARAMS: usize = 4;

/// A campaign: its landing pages, and the pixel that its conversions are told to.
#[derive(Clone, PartialEq, Debug)]
pub struct Campaign {
    /// Where its clicks are sent.
    pub destinations: Destinations,
    /// The pixel of the campaign's conversions, where a source names none.
    pub pixel: Option<Slug>,
    /// The parameters that carry the click id to the landing page; at least one.
    pub click_id_params: Vec<String>,
    /// When it runs.
    pub period: Period,
    /// Hosts (`host` or `host:port`, lower-case) that a click's `url=` may name, and whose pages may
    /// send clicks to `POST /capture`.
    pub allowed_hosts: Vec<String>,
    /// Pages of its own that this Worker stands in front of: a click on one, or on what lies below
    /// it, is captured without a redirect.
    pub landing_pages: Vec<WebAddress>,
    /// Hosts of its own: `https://{host}/` is a click link, as `/c/{campaign}` is.
    pub hosts: Vec<String>,
    /// Paths of its own; with `hosts`, on these hosts only.
    pub paths: Vec<String>,
    /// Which clicks are stored.
    pub store: Store,
    /// The consent without which no ip and no user agent are stored.
    pub consent: Option<Consent>,
    /// Which clicks are marked.
    pub limited_data_use: LimitedDataUse,
    /// Whether `Sec-GPC: 1` counts as a refusal of consent, and marks the click.
    pub honor_gpc: bool,
}

/// Which clicks are stored.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Store {
    /// Those with a usable ttclid.
    Ttclid,
    /// Visits without one too.
    Always,
}

impl Campaign {
    pub(super) fn read(mut reader: Reader<'_>, problems: &mut Problems) -> Option<Self> {
        let landing_pages =
            reader.parsed_list(&["landing_page", "landing_pages"], landing_page, problems);
        let destinations = Destinations::read(&mut reader, landing_pages.first(), problems);
        let pixel = reader.parsed("pixel", slug, problems);
        let click_id_params = click_id_params(&mut reader, problems);
        let period = Period::read(&mut reader, problems);
        let allowed_hosts = reader.parsed_list(&["allowed_hosts"], host, problems);
        let hosts = reader.parsed_list(&["host", "hosts"], host, problems);
        let paths = reader.parsed_list(&["path", "paths"], path, problems);
        let store = reader.parsed("store", store, problems);
        let consent = reader.inner("consent", problems);
        let consent = consent.and_then(|reader| Consent::read(reader, problems));
        let limited = reader.parsed("limited_data_use", LimitedDataUse::parse, problems);
        let honor_gpc = reader.flag("honor_gpc", false, problems);
        reader.finish(problems);
        Some(Self {
            destinations: destinations?,
            pixel,
            click_id_params,
            period,
            allowed_hosts,
            landing_pages,
            hosts,
            paths,
            store: store.unwrap_or(Store::Ttclid),
            consent,
            limited_data_use: limited.unwrap_or(LimitedDataUse::WithoutConsent),
            honor_gpc,
        })
    }

    /// Every address of its own as host (empty: any) and path.
    pub(super) fn links(&self) -> Vec<(&str, &str)> {
        let mut hosts: Vec<&str> = self.hosts.iter().map(String::as_str).collect();
        let mut paths: Vec<&str> = self.paths.iter().map(String::as_str).collect();
        match (hosts.is_empty(), paths.is_empty()) {
            (true, true) => return Vec::new(),
            (true, false) => hosts.push(""),
            (false, true) => paths.push("/"),
            (false, false) => {}
        }
        hosts.iter().flat_map(|host| paths.iter().map(move |path| (*host, *path))).collect()
    }
}

fn click_id_params(reader: &mut Reader<'_>, problems: &mut Problems) -> Vec<String> {
    let keys = ["click_id_param", "click_id_params"];
    let mut names = reader.parsed_list(&keys, click_id_param, problems);
    if names.len() > MAX_CLICK_ID_PARAMS {
        problems.add(reader.path("click_id_param"), "must be at most 4 names");
    }
    if names.is_empty() {
        names.push("click_id".to_owned());
    }
    names
}

fn click_id_param(text: &str) -> Result<String, &'static str> {
    if matches!(text, "ttclid" | "url") {
        return Err("must not be ttclid or url: these mean something else");
    }
    if macros::is_param_name(text) {
        Ok(text.to_owned())
    } else {
        Err("must be a parameter's name of 1 to 64 letters, digits, '-', '_' and '.'")
    }
}

fn store(text: &str) -> Result<Store, &'static str> {
    match text {
        "ttclid" => Ok(Store::Ttclid),
        "always" => Ok(Store::Always),
        _ => Err("must be ttclid or always"),
    }
}

/// A host name, with a port if need be; no wildcards.
fn host(text: &str) -> Result<String, &'static str> {
    const WRONG: &str = "must be a host such as quotes.example.com, without https:// and path; \
                         write each host out";
    let address = WebAddress::parse(&format!("https://{text}/")).map_err(|_| WRONG)?;
    let is_host = address.authority().eq_ignore_ascii_case(text) && !text.ends_with('.');
    if is_host { Ok(address.authority().to_owned()) } else { Err(WRONG) }
}

fn landing_page(text: &str) -> Result<WebAddress, &'static str> {
    let address = WebAddress::parse(text)?;
    if address.query().is_some() || address.fragment().is_some() {
        return Err("must hold no query and no fragment");
    }
    if text.contains(['{', '}']) {
        return Err("must hold no macros");
    }
    if DEFAULT_PORTS.iter().any(|port| address.authority().ends_with(port)) {
        return Err("must hold no :443 and no :80: browsers leave them out");
    }
    Ok(address)
}

fn path(text: &str) -> Result<String, &'static str> {
    let address = WebAddress::parse(&format!("https://host.example{text}"));
    let is_path = text.starts_with('/') && address.is_ok_and(|address| address.path() == text);
    if !is_path {
        return Err("must be a path such as /solar");
    }
    let path = text.strip_suffix('/').filter(|path| !path.is_empty()).unwrap_or(text);
    if route::is_reserved(path) || Route::of("GET", path) != Route::NotFound {
        return Err("is a path that Clickjoin itself uses");
    }
    Ok(path.to_owned())
}

/// A name of a pixel, a campaign or a source.
pub(super) fn slug(text: &str) -> Result<Slug, &'static str> {
    Slug::parse(text).ok_or("a name has 1 to 64 letters, digits, '-', '_' and '.'")
}
