//! The repository's `wrangler.toml`, read and changed for a local run, and the secrets it names.
//! What the configuration means is the Worker's business: nothing here checks it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::{Value, json};

/// The keys of the Worker's configuration whose values are names of secrets.
const SECRET_KEYS: [&str; 6] =
    ["access_token", "admin_token", "signing_secret", "signing_secrets", "token", "tokens"];

/// The repository that this crate is in.
#[must_use]
pub fn repository() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_path_buf()
}

/// A whole wrangler configuration, as JSON.
///
/// ```
/// use harness::WorkerConfig;
/// use serde_json::json;
///
/// let mut config = WorkerConfig::from_toml("[vars.CONFIG.sources.a]\ntoken = 'A_TOKEN'\n").unwrap();
/// config.set(&["tiktok_api_base"], json!("http://127.0.0.1:8788"));
/// assert_eq!(config.secret_names(), ["A_TOKEN"]);
/// assert_eq!(config.get(&["tiktok_api_base"]), Some(&json!("http://127.0.0.1:8788")));
/// ```
#[derive(Clone, Debug)]
pub struct WorkerConfig {
    /// The configuration as wrangler reads it; change anything.
    pub wrangler: Value,
}

impl WorkerConfig {
    /// Reads `wrangler.toml` in `repository`, as it is.
    ///
    /// # Errors
    /// When the file is missing or not TOML.
    pub fn read(repository: &Path) -> Result<Self> {
        let path = repository.join("wrangler.toml");
        let text =
            fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        Self::from_toml(&text).with_context(|| format!("cannot parse {}", path.display()))
    }

    /// Reads the text of a `wrangler.toml`.
    ///
    /// # Errors
    /// When it is not TOML.
    pub fn from_toml(text: &str) -> Result<Self> {
        Ok(Self { wrangler: toml::from_str(text)? })
    }

    /// The Worker's own configuration, `[vars.CONFIG]`. Made if it is not there.
    pub fn worker(&mut self) -> &mut Value {
        &mut self.wrangler["vars"]["CONFIG"]
    }

    /// The value at `path` below `[vars.CONFIG]`, if there is one.
    #[must_use]
    pub fn get(&self, path: &[&str]) -> Option<&Value> {
        path.iter().try_fold(&self.wrangler["vars"]["CONFIG"], |value, key| value.get(key))
    }

    /// Sets the value at `path` below `[vars.CONFIG]`, making the tables on the way.
    ///
    /// # Panics
    /// When something on the way is there and no table.
    pub fn set(&mut self, path: &[&str], value: Value) {
        let place = path.iter().fold(self.worker(), |table, key| &mut table[*key]);
        *place = value;
    }

    /// Merges `changes` into `[vars.CONFIG]`: tables key by key, `null` removes, all else replaces.
    pub fn merge(&mut self, changes: &Value) {
        merge(self.worker(), changes);
    }

    /// The names of all secrets that the configuration refers to, sorted, each once.
    #[must_use]
    pub fn secret_names(&self) -> Vec<String> {
        let mut names = Vec::new();
        collect_secret_names(&self.wrangler["vars"]["CONFIG"], &mut names);
        names.sort();
        names.dedup();
        names
    }

    /// A readable value for every secret that the configuration refers to: `PINGTREE_TOKEN` is
    /// `local-pingtree-token`. Good for this machine only.
    #[must_use]
    pub fn local_secrets(&self) -> BTreeMap<String, String> {
        let value = |name: &String| format!("local-{}", name.to_lowercase().replace('_', "-"));
        self.secret_names().into_iter().map(|name| (name.clone(), value(&name))).collect()
    }

    /// Makes it run from `folder`, wherever that is: the built Worker by its full path, and nothing to
    /// build, unless `rebuild` asks wrangler to run `make build` whenever a source changes.
    pub(crate) fn localise(&mut self, repository: &Path, folder: &Path, rebuild: bool) {
        self.wrangler["main"] = json!(repository.join("build/index.js"));
        if rebuild {
            // wrangler appends this to the configuration's folder, even where it starts with a slash.
            let up: PathBuf = folder.components().skip(1).map(|_| "..").collect();
            let sources = repository.join("src");
            let below_root: PathBuf = sources.components().skip(1).collect();
            self.wrangler["build"] = json!({
                "command": "make --silent build",
                "cwd": repository,
                "watch_dir": up.join(below_root),
            });
        } else if let Some(table) = self.wrangler.as_object_mut() {
            table.remove("build");
        }
    }
}

fn merge(into: &mut Value, changes: &Value) {
    let Value::Object(changes) = changes else {
        *into = changes.clone();
        return;
    };
    if !into.is_object() {
        *into = json!({});
    }
    for (key, change) in changes {
        if change.is_null() {
            into.as_object_mut().and_then(|table| table.remove(key));
        } else {
            merge(&mut into[key], change);
        }
    }
}

fn collect_secret_names(value: &Value, names: &mut Vec<String>) {
    match value {
        Value::Object(table) => {
            for (key, value) in table {
                match value {
                    Value::String(name) if SECRET_KEYS.contains(&key.as_str()) => {
                        if !name.is_empty() {
                            names.push(name.clone());
                        }
                    }
                    Value::Array(list) if SECRET_KEYS.contains(&key.as_str()) => {
                        names.extend(list.iter().filter_map(Value::as_str).map(str::to_owned));
                    }
                    other => collect_secret_names(other, names),
                }
            }
        }
        Value::Array(list) => list.iter().for_each(|value| collect_secret_names(value, names)),
        _ => {}
    }
}

/// Reads a `.dev.vars` file: lines of `NAME=value`, quotes optional, `#` for comments. Empty when
/// there is no such file.
#[must_use]
pub fn read_dev_vars(path: &Path) -> BTreeMap<String, String> {
    fs::read_to_string(path).map(|text| parse_dev_vars(&text)).unwrap_or_default()
}

fn parse_dev_vars(text: &str) -> BTreeMap<String, String> {
    text.lines()
        .map(|line| line.trim().trim_start_matches("export "))
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once('='))
        .map(|(name, value)| (name.trim().to_owned(), unquote(value.trim())))
        .collect()
}

fn unquote(value: &str) -> String {
    for quote in ['"', '\'', '`'] {
        if let Some((inner, _)) = value.strip_prefix(quote).and_then(|rest| rest.rsplit_once(quote))
        {
            return inner.to_owned();
        }
    }
    value.split(" #").next().unwrap_or_default().trim_end().to_owned()
}

/// Writes a `.dev.vars` file that wrangler reads back as it was given.
///
/// # Errors
/// When the file cannot be written.
pub(crate) fn write_dev_vars(path: &Path, secrets: &BTreeMap<String, String>) -> Result<()> {
    let mut text = String::new();
    for (name, value) in secrets {
        // dotenv knows no escape for its own quote: take one that the value does not contain.
        let quote =
            ['\'', '"', '`'].into_iter().find(|quote| !value.contains(*quote)).unwrap_or('\'');
        text.push_str(&format!("{name}={quote}{value}{quote}\n"));
    }
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_secret_is_found_once_wherever_it_is_named() {
        let config = WorkerConfig::from_toml(
            r#"
            [vars.CONFIG]
            admin_token = "ADMIN"
            [vars.CONFIG.pixels.main]
            access_token = "PIXEL"
            event_source_id = "NOT_A_SECRET"
            [vars.CONFIG.sources.a]
            token = "SHARED"
            [vars.CONFIG.sources.b]
            tokens = ["SHARED", "OLD"]
            signing_secret = "SIGN"
            "#,
        )
        .unwrap();
        assert_eq!(config.secret_names(), ["ADMIN", "OLD", "PIXEL", "SHARED", "SIGN"]);
        assert_eq!(config.local_secrets()["SHARED"], "local-shared");
    }

    #[test]
    fn a_merge_adds_replaces_and_removes() {
        let mut config =
            WorkerConfig::from_toml("[vars.CONFIG]\na = 1\n[vars.CONFIG.t]\nb = 2\nc = 3\n")
                .unwrap();
        config.merge(&json!({"a": null, "t": {"b": "x"}, "new": {"deep": true}}));
        assert_eq!(*config.worker(), json!({"t": {"b": "x", "c": 3}, "new": {"deep": true}}));
    }

    #[test]
    fn dev_vars_are_read_as_people_write_them() {
        let read = parse_dev_vars(
            "# mine\nA=1\nexport B = \"two # not a comment\"\nC='3'\nD=4 # four\n\nE=a=b\n",
        );
        let expected =
            [("A", "1"), ("B", "two # not a comment"), ("C", "3"), ("D", "4"), ("E", "a=b")];
        assert_eq!(read, expected.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
    }

    #[test]
    fn the_repository_is_the_one_with_the_worker() {
        assert!(repository().join("wrangler.toml").is_file());
    }
}
