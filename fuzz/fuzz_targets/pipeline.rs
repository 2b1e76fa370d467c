//! A body through everything that is pure, with what must hold for each.

use clickjoin::postback::body::{self, MAX_FIELDS};
use clickjoin::postback::decide::{Decision, Policy, decide};
use clickjoin::postback::event_id::{Context, derive};
use clickjoin::postback::profile;
use clickjoin::postback::resolve::{Aliases, resolve};
use clickjoin::slug::Slug;
use clickjoin::few::Map;

/// Parses, resolves and decides; every profile has its turn.
pub fn run(content_type: Option<&str>, query: &str, bytes: &[u8]) {
    let parsed = match body::parse(content_type, query, bytes) {
        Ok(parsed) => parsed,
        Err(error) => {
            assert!(matches!(error.status(), 400 | 413 | 415));
            return;
        }
    };
    assert!(parsed.pairs.len() <= MAX_FIELDS && parsed.warnings.len() <= MAX_FIELDS);
    let name = profile::NAMES[bytes.len() % profile::NAMES.len()];
    let profile = profile::find(name).expect("every name has a profile");
    let Ok(resolved) = resolve(parsed, profile, &Aliases::new()) else { return };
    let events = Map::new();
    let policy = Policy { profile, events: &events, filters: &[], rules: &[] };
    if let Decision::Event { name, trigger, .. } = decide(&resolved.facts, None, &policy) {
        let source = Slug::parse("fuzz").expect("a name");
        let context =
            Context { source: &source, profile, template: None, trigger: trigger.as_ref(), event: &name };
        derive(&resolved.facts, &context).expect("every lead has an id");
    }
}
