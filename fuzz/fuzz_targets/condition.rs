#![no_main]
//! Conditions, templates, tokens, signatures and address ranges.

use clickjoin::lead::{Field, Fields};
use clickjoin::postback::auth::{AuthPolicy, Cidr, Credentials, authenticate};
use clickjoin::postback::event_id::Template;
use clickjoin::postback::facts::Facts;
use clickjoin::postback::filter::Condition;
use clickjoin::placeholder::absent;
use clickjoin::raw::RawValue;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let mut fields = Fields::default();
    fields.push(Field::Value, RawValue::text(text));
    let facts = Facts::of(fields);
    for condition in [text, "value > 1", "value in [1, 2]"] {
        let _ = Condition::parse(condition).map(|condition| condition.holds(&facts));
    }
    let _ = Template::parse(text);
    let _ = absent(text);
    let _ = Cidr::parse(text);
    let policy = AuthPolicy {
        tokens: vec!["a token that no fuzzer finds"],
        signing_secrets: vec!["a secret that no fuzzer finds"],
        allowed_ips: &[],
    };
    let credentials = Credentials {
        authorization: Some(text),
        token: Some(text),
        signature: Some(text),
        body: text.as_bytes(),
        caller_ip: Some(text),
    };
    assert!(authenticate(&policy, &credentials).is_err());
});
