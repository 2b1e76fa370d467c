//! The page at `/`, for people: what arrived, newest first, and what was refused and why. It is built
//! here, whole and without JavaScript; the script beside it only fetches it again. Everything that came
//! over the wire is escaped by [`Escaped`].

mod format;

use std::fmt::Write as _;
use std::sync::Arc;

use axum::extract::State;
use axum::http::header;
use axum::response::{Html, IntoResponse, Response};

use crate::record::{
    Counts, Disposition, EventFilter, EventRecord, Outcome, RequestFilter, RequestRecord,
};
use crate::shared::Shared;
use crate::track::TRACK_PATH;
use format::{Escaped, clock_time, match_keys, money, page_url, words};

/// Rows of each table; the control API has the rest.
const ROWS: usize = 100;

/// Requests looked through for those that went wrong.
const LOOKED_THROUGH: usize = 2_000;

/// The page may not load anything, whatever an event carries.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; \
    connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

pub(crate) async fn show(State(shared): State<Arc<Shared>>) -> Response {
    let (counts, pixels, events, requests) = {
        let store = &shared.lock().store;
        let events = store.events(&EventFilter {
            newest: true,
            limit: Some(ROWS),
            ..EventFilter::default()
        });
        let requests = store.requests(&RequestFilter {
            newest: true,
            limit: Some(LOOKED_THROUGH),
            ..RequestFilter::default()
        });
        let pixels = store.counts_by_pixel().len();
        (store.counts(None), pixels, events, requests)
    };
    let html = render(&counts, pixels, &events, &requests);
    let headers = [(header::CONTENT_SECURITY_POLICY, POLICY), (header::CACHE_CONTROL, "no-store")];
    (headers, Html(html)).into_response()
}

fn render(
    counts: &Counts,
    pixels: usize,
    events: &[EventRecord],
    requests: &[RequestRecord],
) -> String {
    let troubled: Vec<&RequestRecord> =
        requests.iter().filter(|request| is_troubled(request)).take(ROWS).collect();
    include_str!("page/page.html")
        .replace("{{style}}", include_str!("page/style.css"))
        .replace("{{script}}", include_str!("page/page.js"))
        // Last, because it holds what came over the wire: a `{{script}}` in it stays text.
        .replace(
            "{{main}}",
            &[tiles(counts, pixels), event_table(events), trouble_table(&troubled)].concat(),
        )
}

fn tiles(counts: &Counts, pixels: usize) -> String {
    let mut html = String::from("<section class=\"tiles\">");
    let tile = |class: &str, number: u64, name: &str, note: &str| {
        let troubles = matches!(class, "bad" | "warn");
        let (element, end) = if troubles { ("a href=\"#trouble\"", "a") } else { ("div", "div") };
        let class = if number == 0 { "" } else { class };
        format!(
            "<{element} class=\"tile {class}\"><b>{number}</b><span>{name}</span><small>{note}</small></{end}>"
        )
    };
    let pixels = format!("for {}", words(pixels as u64, "pixel", "pixels"));
    let requests = format!("in {}", words(counts.requests, "request", "requests"));
    html += &tile("good", counts.kept, "kept", &pixels);
    html += &tile("quiet", counts.deduplicated, "deduplicated", "same event id");
    html += &tile("test", counts.test, "test events", "these never count");
    html += &tile("", counts.events_seen, "seen", &requests);
    html += &tile("bad", counts.refused, "refused", "whole requests");
    html += &tile("warn", counts.findings, "findings", "taken, but odd");
    html += "</section>";
    html
}

fn event_table(events: &[EventRecord]) -> String {
    let mut html = String::from("<section><h2>Events</h2>");
    if events.is_empty() {
        let _ = write!(
            html,
            "<p class=\"empty\">Nothing yet. Events posted to <code>{TRACK_PATH}</code> appear here \
             within two seconds.</p></section>"
        );
        return html;
    }
    html += "<div class=\"scroll\"><table><thead><tr><th>Time<th>Event<th>Result<th>Value<th>Match keys\
        <th>Event id<th>Pixel<th>Page</tr></thead><tbody>";
    for record in events {
        html += &event_row(record);
    }
    html += "</tbody></table></div></section>";
    html
}

fn event_row(record: &EventRecord) -> String {
    let result = match record.disposition {
        Disposition::Kept => "<span class=\"badge good\">kept</span>".to_owned(),
        Disposition::Deduplicated => "<span class=\"badge quiet\">deduplicated</span>".to_owned(),
        Disposition::Test => format!(
            "<span class=\"badge test\">test</span> <code>{}</code>",
            Escaped(record.test_event_code.as_deref().unwrap_or_default())
        ),
    };
    let keys: String = match_keys(&record.body)
        .iter()
        .map(|key| format!("<span class=\"key\">{}</span>", Escaped(key)))
        .collect();
    format!(
        "<tr><td>{}<td><strong>{}</strong><td>{result}<td class=\"number\">{}<td class=\"keys\">{keys}\
         <td class=\"id\"><code>{}</code><td class=\"pixel\"><code>{}</code><td><div class=\"url\" title=\"{url}\">{url}</div></tr>",
        clock_time(record.time_ms),
        Escaped(&record.event),
        Escaped(&money(&record.body)),
        Escaped(&record.event_id),
        Escaped(&record.pixel),
        url = Escaped(page_url(&record.body)),
    )
}

/// Refused, badly answered, or with findings.
fn is_troubled(request: &RequestRecord) -> bool {
    let unanswered = match &request.outcome {
        Outcome::Answered { code, .. } => *code != Some(0),
        Outcome::Dropped | Outcome::GivenUp => true,
        Outcome::Pending => request.scripted,
    };
    unanswered || request.refusal.is_some() || !request.findings.is_empty()
}

fn trouble_table(requests: &[&RequestRecord]) -> String {
    let mut html = String::from("<section id=\"trouble\"><h2>Refused, failed or odd requests</h2>");
    if requests.is_empty() {
        html += "<p class=\"empty\">None.</p></section>";
        return html;
    }
    html += "<div class=\"scroll\"><table><thead><tr><th>Time<th>Answer<th>Index<th>Why<th>Events\
        <th>Pixel<th>Token</tr></thead><tbody>";
    for request in requests {
        html += &trouble_row(request);
    }
    html += "</tbody></table></div></section>";
    html
}

fn trouble_row(request: &RequestRecord) -> String {
    let (class, answer, said) = match &request.outcome {
        Outcome::Answered { status, code: Some(code), message } => {
            let class = if *code == 0 { "warn" } else { "bad" };
            (class, format!("{code} · HTTP {status}"), message.as_str())
        }
        Outcome::Answered { status, message, .. } => {
            ("bad", format!("HTTP {status}"), message.as_str())
        }
        Outcome::Dropped => ("bad", "connection closed".to_owned(), ""),
        Outcome::GivenUp => ("bad", "sender gave up".to_owned(), ""),
        Outcome::Pending => ("quiet", "waiting".to_owned(), ""),
    };
    let mut why: Vec<String> = Vec::new();
    if request.scripted {
        let kept = if request.kept { ", events kept" } else { "" };
        why.push(format!("<em>as scripted{kept}</em>"));
    }
    match &request.refusal {
        Some(refusal) if refusal.path.is_empty() => {
            why.push(Escaped(&refusal.reason).to_string());
        }
        Some(refusal) => why.push(format!(
            "<code>{}</code> {}",
            Escaped(&refusal.path),
            Escaped(&refusal.reason)
        )),
        None if said != "OK" && !said.is_empty() => why.push(Escaped(said).to_string()),
        None => {}
    }
    // A batch of 1,000 can have as many findings; a few show what is wrong.
    why.extend(request.findings.iter().take(3).map(|finding| {
        let kind = format!("{:?}", finding.kind);
        format!("odd: <code>{}</code> {kind}", Escaped(&finding.path))
    }));
    let at = request.refusal.as_ref().and_then(|refusal| refusal.index);
    let at = at.or_else(|| request.findings.first().and_then(|found| found.index));
    format!(
        "<tr><td>{}<td><span class=\"badge {class}\">{answer}</span><td class=\"number\">{}<td class=\"why\">{}\
         <td class=\"number\">{}<td class=\"pixel\"><code>{}</code><td><code>{}</code></tr>",
        clock_time(request.time_ms),
        at.map_or_else(String::new, |index| index.to_string()),
        why.join("<br>"),
        request.events,
        Escaped(request.pixel.as_deref().unwrap_or_default()),
        Escaped(request.token.as_deref().unwrap_or("none")),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn nothing_from_the_wire_becomes_markup() {
        let evil = "\"><script>alert('1')</script>&{{script}}{{style}}";
        let record = EventRecord {
            request: 0,
            time_ms: 0,
            pixel: evil.to_owned(),
            event: evil.to_owned(),
            event_id: evil.to_owned(),
            disposition: Disposition::Test,
            test_event_code: Some(evil.to_owned()),
            body: json!({
                "user": {evil: "x"},
                "page": {"url": evil},
                "properties": {"value": 1, "currency": evil},
            }),
        };
        let html = render(&Counts::default(), 0, &[record], &[]);
        assert!(!html.contains("<script>alert"));
        assert!(html.contains("&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;"));
        assert_eq!(html.matches("<script>").count(), 1, "only our own script");
        assert_eq!(html.matches("<style>").count(), 1, "only our own style");
    }
}
