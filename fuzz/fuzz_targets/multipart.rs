#![no_main]
//! Bodies that are declared as multipart.

mod pipeline;

libfuzzer_sys::fuzz_target!(|body: &[u8]| pipeline::run(Some("multipart/form-data; boundary=x"), "", body));
