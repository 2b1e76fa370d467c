//! Rate limiting bindings: both of ours are optional.

use super::js::{self, RateLimit};
use super::settled::settled;

/// Counts one more of `key`, and says whether there were few enough. Without the binding, or where it
/// fails, there is no limit.
pub(super) async fn is_within(limit: Option<RateLimit>, key: &str) -> bool {
    let Some(limit) = limit else { return true };
    let within = settled(&js::is_within(&limit, key)).await;
    within.ok().and_then(|within| within.as_bool()).unwrap_or(true)
}
