//! Who runs: the files of each Worker and how workerd is to be told of them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

/// A Worker that takes part.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Who {
    /// What we built.
    Clickjoin,
    /// Another build of it, to see what a change did: `--before FOLDER`.
    Before,
    /// The Worker on Hono.
    Hono,
    /// The least that any program must do, in plain JavaScript.
    Floor,
}

impl Who {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Clickjoin => "Clickjoin",
            Self::Before => "before",
            Self::Hono => "Hono",
            Self::Floor => "floor",
        }
    }
}

/// Which of the floors.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Floor {
    /// A 302.
    Redirect,
    /// A 302 with one KV put.
    Capture,
    /// One row in a Durable Object.
    Insert,
    /// A row found there by its key.
    Select,
}

/// What a contestant uploads.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    /// Names as the code imports them, and where the files are. The first is the entry.
    pub(crate) modules: Vec<(&'static str, PathBuf)>,
    /// Whether it brings a Durable Object.
    pub(crate) has_ledger: bool,
}

impl Program {
    /// Copies the files into a folder, where the runtime's configuration finds them.
    pub(crate) fn stage(&self, folder: &Path) -> Result<()> {
        for (name, from) in &self.modules {
            fs::copy(from, folder.join(name)).with_context(|| format!("no {}", from.display()))?;
        }
        Ok(())
    }
}

/// The repository with what was built in it.
#[derive(Clone, Debug)]
pub(crate) struct Repository {
    root: PathBuf,
    hono: PathBuf,
    before: Option<PathBuf>,
}

impl Repository {
    /// Bundles the Worker on Hono and checks that the rest is there.
    pub(crate) fn prepare(scratch: &Path, before: Option<PathBuf>) -> Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("no repository")?;
        let hono = scratch.join("hono.js");
        let this = Self { root: root.to_owned(), hono, before };
        this.require("build/index_bg.wasm", "make build")?;
        this.require("node_modules/.bin/workerd", "make setup")?;
        this.require("bench/node_modules/hono", "make bench, which installs it")?;
        // As a deployment that minds its size would: minified, nothing left out by hand.
        let status = Command::new(this.tool("esbuild"))
            .arg(root.join("bench/hono/index.ts"))
            .args(["--bundle", "--minify", "--format=esm", "--target=es2024"])
            .args(["--external:cloudflare:workers", "--log-level=warning"])
            .arg(format!("--outfile={}", this.hono.display()))
            .status()
            .context("cannot run esbuild")?;
        if !status.success() {
            bail!("the Worker on Hono was not bundled; esbuild has said why");
        }
        Ok(this)
    }

    fn require(&self, file: &str, remedy: &str) -> Result<()> {
        if !self.root.join(file).exists() {
            bail!("{file} is missing. Run: {remedy}");
        }
        Ok(())
    }

    /// A program of node_modules.
    pub(crate) fn tool(&self, name: &str) -> PathBuf {
        self.root.join("node_modules/.bin").join(name)
    }

    /// A file of the bench folder.
    pub(crate) fn bench(&self, file: &str) -> PathBuf {
        self.root.join("bench").join(file)
    }

    pub(crate) fn has_before(&self) -> bool {
        self.before.is_some()
    }

    pub(crate) fn program(&self, who: Who, floor: Floor) -> Program {
        let built = |folder: &Path| {
            vec![
                ("index.js", folder.join("index.js")),
                ("index_bg.wasm", folder.join("index_bg.wasm")),
            ]
        };
        let modules = match (who, &self.before) {
            (Who::Before, Some(folder)) => built(folder),
            (Who::Clickjoin | Who::Before, _) => built(&self.root.join("build")),
            (Who::Hono, _) => vec![("index.js", self.hono.clone())],
            (Who::Floor, _) => {
                let name = match floor {
                    Floor::Redirect => "redirect",
                    Floor::Capture => "capture",
                    Floor::Insert => "insert",
                    Floor::Select => "select",
                };
                vec![("index.js", self.bench(&format!("floor/{name}.js")))]
            }
        };
        Program {
            modules,
            has_ledger: who != Who::Floor || matches!(floor, Floor::Insert | Floor::Select),
        }
    }
}
