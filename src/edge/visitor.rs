//! A visitor's headers, read once.

use super::js::{self, Request};
use crate::capture::{PageWords, Visitor};
use crate::config::Campaign;

/// The headers that matter to a click: one a line, each read where it is needed.
pub(super) struct VisitorHeaders {
    lines: String,
}

impl VisitorHeaders {
    pub(super) fn read(request: &Request, campaign: &Campaign) -> Self {
        // Asked for only where it matters.
        Self { lines: js::visitor(request, campaign.honor_gpc) }
    }

    /// `CF-Connecting-IP`
    pub(super) fn ip(&self) -> &str {
        // The order of `glue.js`.
        self.lines.split('\n').nth(2).unwrap_or_default()
    }

    pub(super) fn visitor<'a>(
        &'a self,
        is_head: bool,
        host: &'a str,
        query: &'a str,
    ) -> Visitor<'a> {
        let mut lines = self.lines.split('\n');
        let mut line = || lines.next().unwrap_or_default();
        // The order of `glue.js`.
        Visitor {
            purpose: line(),
            cookies: line(),
            ip: line(),
            country: line(),
            user_agent: line(),
            accept_language: line(),
            referrer: line(),
            has_gpc: line() == "1",
            is_head,
            query,
            host,
            page: PageWords::default(),
        }
    }
}
