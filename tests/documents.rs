//! README, CHANGELOG and wrangler.toml tell the truth, as far as a machine can compare.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test may say what it expects and stop when it is not so"
)]

use clickjoin::config::Config;
use clickjoin::lead::Field;
use clickjoin::postback::profile;
use harness::WorkerConfig;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).expect(path)
}

/// The part of the README below a heading, up to the next heading of the same rank or above.
fn section<'a>(readme: &'a str, heading: &str) -> &'a str {
    let rank = heading.chars().take_while(|c| *c == '#').count();
    let (_, below) = readme.split_once(&format!("\n{heading}\n")).expect(heading);
    let end = (1..=rank)
        .filter_map(|rank| below.find(&format!("\n{} ", "#".repeat(rank))))
        .min()
        .unwrap_or(below.len());
    &below[..end]
}

/// Every `code` in a text.
fn codes(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// The first column of a table.
fn first_column(table: &str) -> impl Iterator<Item = &str> {
    table.lines().filter_map(|line| line.strip_prefix('|')?.split(" | ").next())
}

#[test]
fn the_configuration_that_ships_holds() {
    let config = WorkerConfig::read(root()).expect("wrangler.toml");
    let json = config.wrangler["vars"]["CONFIG"].clone();
    if let Err(problems) = Config::parse(&json) {
        let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
        panic!("wrangler.toml: {problems:#?}");
    }
    assert_eq!(config.wrangler["observability"]["enabled"], Value::Bool(true));
}

/// The keys that the code reads, taken from the code: `reader.flag("always_ok", …)`.
fn keys_in_code() -> BTreeSet<String> {
    let readers = [
        "parsed(",
        "required(",
        "flag(",
        "days(",
        "text(",
        "entries(",
        "list(",
        "items(",
        "inner(",
    ];
    let lists = ["parsed_list(", "let keys = ["];
    let mut keys = BTreeSet::new();
    for entry in fs::read_dir(root().join("src/config")).expect("src/config") {
        let path = entry.expect("an entry").path();
        let is_code = path.extension().is_some_and(|extension| extension == "rs");
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        if !is_code || name == "reader.rs" || name.ends_with("tests.rs") {
            continue;
        }
        let text = fs::read_to_string(&path).expect("readable");
        let code = text.split("#[cfg(test)]").next().expect("code");
        let squeezed: String =
            code.split_whitespace().collect::<Vec<_>>().join(" ").replace(" .", ".");
        for reader in readers {
            for found in squeezed
                .split(&format!("reader.{reader}"))
                .skip(1)
                .chain(squeezed.split(&format!("root.{reader}")).skip(1))
            {
                let found = found.trim_start_matches("&mut reader, ").trim_start();
                if let Some(rest) = found.strip_prefix('"') {
                    keys.insert(rest.split('"').next().expect("a key").to_owned());
                }
            }
        }
        for list in lists {
            for found in squeezed.split(list).skip(1) {
                let found = found.trim_start_matches([' ', '&', '[']);
                let inside = found.split(']').next().unwrap_or_default();
                if inside.starts_with('"') {
                    keys.extend(inside.split('"').skip(1).step_by(2).map(str::to_owned));
                }
            }
        }
        for found in squeezed.split("root.tables(").skip(1) {
            keys.insert(found.split('"').nth(1).expect("a key").to_owned());
        }
    }
    keys
}

#[test]
fn the_configuration_table_has_every_key_and_no_other() {
    let readme = read("README.md");
    let table = section(&readme, "## Configuration");
    let documented: BTreeSet<String> = first_column(table)
        .flat_map(codes)
        .chain(["pixels", "campaigns", "sources"])
        // Keys of the tables inside lists are named in the text of their row.
        .chain(["url", "weight", "name", "when", "event", "ignore"])
        .map(|path| path.split('.').rfind(|part| *part != "*").expect("a key").to_owned())
        .collect();
    let read: BTreeSet<String> = keys_in_code();
    assert!(read.len() > 40, "the code's keys were not found: {read:?}");
    // `consent` is a table whose keys are documented one by one.
    let missing: Vec<_> =
        read.iter().filter(|key| *key != "consent" && !documented.contains(*key)).collect();
    assert!(missing.is_empty(), "not in the README's configuration table: {missing:?}");
    let stale: Vec<_> = documented.iter().filter(|key| !read.contains(*key)).collect();
    assert!(stale.is_empty(), "in the README's configuration table, not in the code: {stale:?}");
}

#[test]
fn every_postback_field_and_profile_is_documented() {
    let readme = read("README.md");
    let named: BTreeSet<&str> = codes(section(&readme, "### Postback fields")).collect();
    for field in Field::ALL.into_iter().filter(|field| *field != Field::Status) {
        assert!(named.contains(field.name()), "{field} is not in the README's postback fields");
    }
    let configuration: BTreeSet<&str> = codes(section(&readme, "## Configuration")).collect();
    for name in profile::NAMES {
        assert!(configuration.contains(name), "profile {name} is not in the README");
    }
}

#[test]
fn the_changelog_knows_the_version() {
    let heading = format!("## {}", env!("CARGO_PKG_VERSION"));
    assert!(read("CHANGELOG.md").contains(&heading), "no {heading} in CHANGELOG.md");
}

/// Links inside the README lead somewhere.
#[test]
fn anchors_exist() {
    let readme = read("README.md");
    let anchors: BTreeSet<String> = readme
        .lines()
        .filter_map(|line| {
            line.trim_start_matches('#').strip_prefix(' ').filter(|_| line.starts_with('#'))
        })
        .map(|title| title.to_lowercase().replace(' ', "-").replace([':', ','], ""))
        .collect();
    for link in readme.split("](#").skip(1) {
        let link = link.split(')').next().expect("an end");
        assert!(anchors.contains(link), "#{link} leads nowhere");
    }
}
