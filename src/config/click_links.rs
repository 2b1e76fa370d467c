//! The addresses that campaigns have besides `/c/{campaign}`: hosts and paths of their own, and
//! landing pages that the Worker stands in front of.

use super::{Campaign, Destination, Problems, WebAddress};
use crate::few::Map;
use crate::route::Route;
use crate::slug::Slug;
use serde_json::Value;

/// Ports that browsers leave out.
pub(super) const DEFAULT_PORTS: [&str; 2] = [":443", ":80"];

/// Which address is which campaign's.
#[derive(Clone, PartialEq, Default, Debug)]
pub struct ClickLinks {
    /// By host (empty: any) and path.
    own: Map<(String, String), Slug>,
    /// Landing pages; those with the longest path first.
    landing: Vec<(WebAddress, Slug)>,
}

impl ClickLinks {
    /// The campaign whose own address this is: that of the host before that of any host.
    pub fn campaign(&self, host: &str, path: &str) -> Option<&Slug> {
        if self.own.is_empty() {
            return None;
        }
        let path = path.strip_suffix('/').filter(|path| !path.is_empty()).unwrap_or(path);
        let own = |host: &str| self.own.get(&(host.to_owned(), path.to_owned()));
        own(&host.to_ascii_lowercase()).or_else(|| own(""))
    }

    /// The campaign of the landing page that is at this address or, failing that, nearest above it.
    pub fn landing_page(&self, host: &str, path: &str) -> Option<&Slug> {
        let covers = |page: &WebAddress| {
            let rest = page.path().strip_suffix('/').unwrap_or(page.path());
            let rest = path.strip_prefix(rest);
            page.authority().eq_ignore_ascii_case(host)
                && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        self.landing.iter().find(|(page, _)| covers(page)).map(|(_, campaign)| campaign)
    }

    pub(super) fn of(campaigns: &Map<Slug, Campaign>, problems: &mut Problems) -> Self {
        let mut links = Self::default();
        let landing_hosts: Vec<&str> = campaigns
            .values()
            .flat_map(|campaign| &campaign.landing_pages)
            .map(WebAddress::authority)
            .collect();
        for (name, campaign) in campaigns {
            for (host, path) in campaign.links() {
                let taken = links.own.insert((host.to_owned(), path.to_owned()), name.clone());
                if let Some(other) = taken {
                    let what = format!("{host}{path} is campaign {other}'s already");
                    problems.add(format!("campaigns.{name}.path"), what);
                }
                if landing_hosts.contains(&host) {
                    let what = format!("{host} is the host of a landing_page: all of it passes");
                    problems.add(format!("campaigns.{name}.host"), what);
                }
            }
            for page in &campaign.landing_pages {
                let taken = links.landing.iter().find(|(other, _)| other == page);
                if let Some((_, other)) = taken {
                    let what = format!("{page} is campaign {other}'s already");
                    problems.add(format!("campaigns.{name}.landing_page"), what);
                }
                let length = page.path().len();
                let at = links.landing.partition_point(|(page, _)| page.path().len() >= length);
                links.landing.insert(at, (page.clone(), name.clone()));
            }
        }
        for (name, campaign) in campaigns {
            let leads_back = |destination: &Destination| links.is_own(&destination.address);
            if campaign.destinations.iter().any(leads_back) {
                let what = "is a click link: visitors would go round";
                problems.add(format!("campaigns.{name}.destination"), what);
            }
        }
        links
    }

    /// Whether an address is a click link on a host of some campaign's own.
    fn is_own(&self, address: &WebAddress) -> bool {
        let host = address.authority();
        self.own.keys().any(|(own, _)| own == host)
            && (self.campaign(host, address.path()).is_some()
                || matches!(Route::of("GET", address.path()), Route::Capture { .. }))
    }
}

/// The hosts (`host[:port]`) whose landing pages the Worker stands in front of, read without any
/// check: a page must come even while the configuration is wrong, and its own address in it.
pub fn landing_hosts(json: &Value) -> Vec<String> {
    if let Some(text) = json.as_str() {
        // No JSON at all. Every address in it may be the page's: a host that is not routed here is
        // never asked for.
        let texts = text.split('"').filter(|text| text.contains("://"));
        return texts.filter(|_| text.contains("landing_page")).filter_map(host_in).collect();
    }
    let campaigns = json.get("campaigns").and_then(Value::as_object);
    let settings = campaigns.into_iter().flat_map(|campaigns| campaigns.values());
    settings
        .flat_map(|campaign| [campaign.get("landing_page"), campaign.get("landing_pages")])
        .flatten()
        .flat_map(|pages| match pages {
            Value::Array(pages) => pages.iter().collect(),
            page => vec![page],
        })
        .filter_map(|page| host_in(page.as_str()?.trim()))
        .collect()
}

/// The host of an address; of one that is wrong, what looks most like it.
fn host_in(text: &str) -> Option<String> {
    let address = WebAddress::parse(text).ok().or_else(|| {
        let mut pieces = text.split(['/', '?', '#', '@', '\\', ' ']);
        pieces.find_map(|piece| {
            piece.contains('.').then(|| WebAddress::parse(&format!("https://{piece}")).ok())?
        })
    })?;
    let host = address.authority();
    let plain = DEFAULT_PORTS.iter().find_map(|port| host.strip_suffix(port));
    Some(plain.unwrap_or(host).to_owned())
}
