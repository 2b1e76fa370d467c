//! Runs the built Worker as Cloudflare would, on this machine: `wrangler dev` with a configuration
//! and secrets made for the occasion, local KV, local Durable Objects, and nothing left over when it
//! ends. Used by `make dev`, `make demo` and the end-to-end tests; no part of the Worker.
//!
//! | module | what it does |
//! |---|---|
//! | [`runtime`] | starts, watches, kills and restarts one `wrangler dev` |
//! | [`workerd`] | the same Worker in bare workerd, with its outside in the test's hands |
//! | [`outside`] | that outside: KV, ledger and origin, each with its moods |
//! | [`browser`] | headless Chromium, and a site for it to visit |
//! | [`config`] | the repository's `wrangler.toml` with local changes, and its secrets |
//! | [`process`] | a process group that never outlives us |
//! | [`local`] | the Worker and the stand-in together, as `make dev` and `make demo` want them |
//! | [`sample`] | the visitor, the lead and the postbacks that those two play |
//! | [`landing`] | the page that stands for the advertiser's landing page in `make dev` |
//! | [`paint`] | colours and shortened values for the terminal |
//! | [`net`] | free ports, a plain HTTP client, polling with a deadline |
//!
//! What TikTok would answer is not here: that is the crate `tiktok-stand-in`.

pub mod browser;
pub mod config;
pub mod landing;
pub mod local;
pub mod net;
pub mod outside;
pub mod paint;
pub mod process;
pub mod runtime;
pub mod sample;
pub mod workerd;

pub use config::WorkerConfig;
pub use net::{free_port, http, poll_until};
pub use runtime::{Builder, Runtime};
