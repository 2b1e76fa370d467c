#![no_main]
//! Anything: content type and query from the first two lines, the rest is the body.

mod pipeline;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let mut lines = bytes.splitn(3, |&b| b == b'\n');
    let (content_type, query) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    let body = lines.next().unwrap_or_default();
    let content_type = std::str::from_utf8(content_type).ok();
    pipeline::run(content_type, &String::from_utf8_lossy(query), body);
});
