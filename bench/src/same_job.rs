//! Before anything is measured: Clickjoin and the Worker on Hono do the same job. The same requests
//! must give the same redirects, the same records in KV and the same events at TikTok.

use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};

use crate::contestant::{Floor, Repository, Who};
use crate::scenario::{Scenario, captured, new_click, postback};
use crate::workerd::Workerd;

const PATIENCE: Duration = Duration::from_secs(20);

/// Shows that both do the same.
pub(crate) fn check(repository: &Repository) -> Result<()> {
    let ours = did(repository, Who::Clickjoin).context("Clickjoin")?;
    let theirs = did(repository, Who::Hono).context("the Worker on Hono")?;
    for ((what, ours), (_, theirs)) in ours.iter().zip(&theirs) {
        ensure!(ours == theirs, "{what} differs:\n  Clickjoin {ours}\n  Hono      {theirs}");
    }
    Ok(())
}

/// What a Worker did with a click, the same visitor's next one, a visit without a click, and a
/// conversion that came twice.
fn did(repository: &Repository, who: Who) -> Result<Vec<(&'static str, Value)>> {
    let program = repository.program(who, Floor::Capture);
    let workerd = Workerd::start(repository, &program, &new_click())?;
    let mut all = Vec::new();

    let id = captured(&workerd)?;
    let record = workerd.kv()?.last;
    let record: Value = serde_json::from_str(record.as_str().context("no record")?)?;
    all.push(("the click's record", same(record, &id)));

    let again = Scenario::ReturningVisitor.set_up(who, &workerd)?;
    let answer = workerd.ask(&again)?;
    let location = answer.header("location").context("no location")?;
    let cookie = answer.header("set-cookie").unwrap_or_default();
    let (_, id_again) = location.split_once("click_id=").context("no click id")?;
    ensure!(cookie.contains(id_again), "the cookie is not for this click");
    let mut attributes: Vec<&str> = cookie.split("; ").skip(1).collect();
    attributes.sort_unstable();
    all.push(("the redirect of a returning visitor", same(json!(location), id_again)));
    all.push(("the cookie's attributes", json!(attributes)));
    let headers = ["cache-control", "x-robots-tag"].map(|name| answer.header(name));
    all.push(("the redirect's headers", json!(headers)));

    let answer = workerd.ask(&Scenario::WithoutTtclid.set_up(who, &workerd)?)?;
    let location = answer.header("location").context("no location")?;
    let (before, _) = location.split_once("click_id=").context("no click id")?;
    all.push(("the redirect without a ttclid", json!(before)));

    for expected in ["accepted", "duplicate"] {
        let answer = workerd.ask(&postback(&id, "1"))?;
        let said: Value = serde_json::from_str(&answer.body)?;
        ensure!(answer.status == 200 && said["status"] == expected, "{} {said}", answer.status);
        let fields = ["status", "event", "event_id", "match"].map(|name| said[name].clone());
        all.push(("the answer to a postback", json!(fields)));
    }
    let begun = Instant::now();
    while workerd.tiktok()?.events == 0 {
        if begun.elapsed() > PATIENCE {
            bail!("nothing was delivered. It printed:\n{}", workerd.log()?);
        }
        sleep(Duration::from_millis(50));
    }
    all.push(("what TikTok got", same(workerd.tiktok()?.last, &id)));
    all.push(("the number of events", json!(workerd.tiktok()?.events)));
    all.push(("the number of records", json!(workerd.kv()?.puts)));
    Ok(all)
}

/// The same for everybody: without the click id and the times.
fn same(mut value: Value, id: &str) -> Value {
    fn walk(value: &mut Value, id: &str) {
        match value {
            Value::String(text) => *text = text.replace(id, "CLICK_ID"),
            Value::Array(list) => list.iter_mut().for_each(|value| walk(value, id)),
            Value::Object(map) => {
                for (name, value) in map {
                    if matches!(name.as_str(), "clicked_at" | "event_time") {
                        *value = json!("TIME");
                    }
                    walk(value, id);
                }
            }
            _ => {}
        }
    }
    walk(&mut value, id);
    value
}
