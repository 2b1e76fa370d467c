//! What is uploaded: all modules of a Worker, raw and compressed as `wrangler` reports it.

use std::fs;
use std::io::Write;

use anyhow::{Context, Result};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde::Serialize;

use crate::contestant::{Floor, Repository, Who};

/// The limit on our own upload, gzipped: 200 KB.
pub(crate) const LIMIT: u64 = 200_000;

/// Bytes of an upload.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Size {
    pub(crate) who: Who,
    pub(crate) raw: u64,
    pub(crate) gzipped: u64,
}

/// Measures a contestant's files.
pub(crate) fn of(repository: &Repository, who: Who) -> Result<Size> {
    let (mut raw, mut gzipped) = (0, 0);
    for (_, path) in repository.program(who, Floor::Capture).modules {
        let bytes = fs::read(&path).with_context(|| format!("no {}", path.display()))?;
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(&bytes)?;
        raw += bytes.len() as u64;
        gzipped += encoder.finish()?.len() as u64;
    }
    Ok(Size { who, raw, gzipped })
}
