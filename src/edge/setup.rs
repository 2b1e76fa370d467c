//! What an isolate works with: the configuration and the secrets, read and checked once.

use super::js::Env;
use crate::config::{Config, Problems, SecretName, SecretUse, landing_hosts};
use crate::few::Map;
use js_sys::{JSON, Reflect};
use std::cell::OnceCell;
use std::rc::Rc;
use wasm_bindgen::JsValue;

/// A configuration that holds, with the secrets it names.
pub(super) struct Ready {
    pub(super) config: Config,
    secrets: Map<SecretName, String>,
    /// Whether the Worker has a CLICK_LIMIT.
    pub(super) limits_clicks: bool,
}

impl Ready {
    /// A secret's value. Every secret that the configuration names is there.
    pub(super) fn secret(&self, name: &SecretName) -> &str {
        self.secrets.get(name).map(String::as_str).unwrap_or_default()
    }
}

/// The outcome of reading the configuration.
pub(super) struct Setup {
    ready: Option<Ready>,
    pub(super) problems: Problems,
    pub(super) secrets: Vec<(SecretUse, bool)>,
    /// Hosts of landing pages that the Worker stands in front of, also while something is wrong.
    pub(super) landing_hosts: Vec<String>,
}

thread_local! {
    /// Variables and secrets belong to a version of the Worker: an isolate never sees them change.
    static SETUP: OnceCell<Rc<Setup>> = const { OnceCell::new() };
}

impl Setup {
    /// The isolate's setup, read at the first request.
    pub(super) fn of(env: &Env) -> Rc<Self> {
        SETUP.with(|setup| Rc::clone(setup.get_or_init(|| Rc::new(Self::read(env)))))
    }

    /// What requests work with; none where something is wrong.
    pub(super) fn ready(&self) -> Option<&Ready> {
        self.ready.as_ref()
    }

    fn read(env: &Env) -> Self {
        let none = |problems, landing_hosts| Self {
            ready: None,
            problems,
            secrets: Vec::new(),
            landing_hosts,
        };
        let Some(json) = json_text(&env.config()) else {
            return none(Problems::no_config(), Vec::new());
        };
        let Ok(json) = serde_json::from_str(&json) else {
            let mut problems = Problems::default();
            problems.add("CONFIG", "is not valid JSON");
            return none(problems, landing_hosts(&json.into()));
        };
        let landing_hosts = landing_hosts(&json);
        let config = match Config::parse(&json) {
            Ok(config) => config,
            Err(problems) => return none(problems, landing_hosts),
        };
        let mut values = Map::new();
        for used in config.secrets() {
            if let Some(value) = secret(env, used.name.as_str()) {
                values.insert(used.name, value);
            }
        }
        let is_set = |used: &SecretUse| values.contains_key(&used.name);
        let secrets = config
            .secrets()
            .into_iter()
            .map(|used| (is_set(&used), used))
            .map(|(set, used)| (used, set));
        let secrets = secrets.collect();
        let set: Vec<String> = values.keys().map(|name| name.as_str().to_owned()).collect();
        let problems = config.missing_secrets(|name| set.iter().any(|set| set == name));
        let limits_clicks = env.click_limit().is_some();
        let ready = problems.is_empty().then_some(Ready { config, secrets: values, limits_clicks });
        Self { ready, problems, secrets, landing_hosts }
    }
}

/// The variable as JSON text: `wrangler.toml` gives a table, the dashboard a JSON text.
fn json_text(config: &JsValue) -> Option<String> {
    if config.is_undefined() || config.is_null() {
        return None;
    }
    match config.as_string() {
        Some(text) => Some(text),
        None => JSON::stringify(config).ok().map(String::from),
    }
}

/// A secret's value; an empty one is not set.
fn secret(env: &Env, name: &str) -> Option<String> {
    let value = Reflect::get(env, &JsValue::from_str(name)).ok()?.as_string()?;
    (!value.trim().is_empty()).then_some(value)
}
