#![no_main]
//! Bodies that are declared as xml.

mod pipeline;

libfuzzer_sys::fuzz_target!(|body: &[u8]| pipeline::run(Some("application/xml"), "", body));
