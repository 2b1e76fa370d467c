//! The rules of the house that a compiler cannot keep: who may name the runtime, which way
//! dependencies point, how large a room may be.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test may say what it expects and stop when it is not so"
)]

use std::fs;
use std::path::{Path, PathBuf};

/// A room is about 400 lines; what has grown past this is two rooms.
const LARGEST_FILE: usize = 500;

/// Words that only the edge may use: they reach into the runtime, its clock or its log.
const EDGE_WORDS: [&str; 8] = [
    "worker::",
    "js_sys",
    "web_sys",
    "wasm_bindgen",
    "getrandom",
    "SystemTime",
    "Instant::now",
    "println!",
];

/// The rooms from the ground up. A room may name those that stand before it, never those behind it.
const FLOORS: [&[&str]; 7] = [
    &[
        "few",
        "query",
        "raw",
        "rejection",
        "route",
        "slug",
        "time",
        "urlencoded",
        "warning",
        "placeholder",
    ],
    &["click", "lead", "identity", "event"],
    &["postback"],
    &["config"],
    &["capture", "ledger"],
    &["conversion", "api", "health"],
    &["edge"],
];

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

fn source() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = rust_files(&root.join("src"));
    assert!(files.len() > 20, "the source was not found");
    let read = |path: &PathBuf| {
        let name = path.strip_prefix(root).expect("inside").to_string_lossy().replace('\\', "/");
        (name, fs::read_to_string(path).expect("readable"))
    };
    files.iter().map(read).collect()
}

/// The code without its comments.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .enumerate()
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
        .map(|(index, line)| (index + 1, line))
}

#[test]
fn only_the_edge_names_the_runtime() {
    let mut found = Vec::new();
    for (name, text) in source().iter().filter(|(name, _)| !name.starts_with("src/edge/")) {
        for (number, line) in code(text) {
            for word in EDGE_WORDS.iter().filter(|word| line.contains(**word)) {
                found.push(format!("{name}:{number} names {word}"));
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn dependencies_point_one_way() {
    let floor_of = |room: &str| FLOORS.iter().position(|floor| floor.contains(&room));
    let mut found = Vec::new();
    for (name, text) in &source() {
        let path = name.trim_start_matches("src/");
        let room = path.split('/').next().unwrap_or(path).trim_end_matches(".rs");
        if room == "lib" {
            continue;
        }
        let floor = floor_of(room).unwrap_or_else(|| panic!("give {room} a floor"));
        for (number, line) in code(text) {
            for used in line.split("crate::").skip(1) {
                let end = used.find(|c: char| !(c.is_ascii_lowercase() || c == '_'));
                let used = &used[..end.unwrap_or(used.len())];
                if floor_of(used).is_some_and(|used| used > floor) {
                    found.push(format!("{name}:{number} names {used}, which stands above {room}"));
                }
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

/// Whatever the ledger waits for may happen twice: after a crash, or because somebody asks again.
#[test]
fn every_await_of_the_ledger_says_what_a_second_time_does() {
    let mut found = Vec::new();
    let of_ledger = |name: &str| name.starts_with("src/edge/ledger");
    for (name, text) in source().iter().filter(|(name, _)| of_ledger(name)) {
        let lines: Vec<_> = text.lines().map(str::trim_start).collect();
        for (index, line) in lines.iter().enumerate() {
            let waits = line.contains(".await") && !line.starts_with("//");
            let above = &lines[index.saturating_sub(4)..index];
            if waits && !above.iter().any(|line| line.starts_with("//")) {
                found.push(format!("{name}:{} waits without a word", index + 1));
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn no_room_is_too_large_and_each_says_what_it_is_for() {
    let mut found = Vec::new();
    for (name, text) in &source() {
        let lines = text.lines().count();
        if lines > LARGEST_FILE {
            found.push(format!("{name} has {lines} lines"));
        }
        let is_test = name.ends_with("tests.rs");
        if !is_test && !text.starts_with("//!") {
            found.push(format!("{name} does not begin with what it is for"));
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}
