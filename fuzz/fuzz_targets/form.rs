#![no_main]
//! Bodies that are declared as form.

mod pipeline;

libfuzzer_sys::fuzz_target!(|body: &[u8]| pipeline::run(Some("application/x-www-form-urlencoded"), "", body));
