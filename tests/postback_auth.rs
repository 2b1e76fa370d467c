//! Who may speak for a source, and who may not.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test may say what it expects and stop when it is not so"
)]

use clickjoin::postback::auth::{
    AuthError, AuthPolicy, Cidr, Credentials, authenticate, body_token, query_token,
};

/// RFC 4231, test case 2.
const SIGNED: &[u8] = b"what do ya want for nothing?";
const SIGNING_SECRET: &str = "Jefe";
const SIGNATURE: &str = "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
/// HMAC-SHA256 of nothing under the same secret.
const SIGNATURE_OF_NOTHING: &str =
    "923598ca6d64af2a5dba79dcd021a8a0fe5c5f557519adaaf0ad532d4506dd30";

fn token(token: &str) -> Credentials<'_> {
    Credentials { token: Some(token), ..Credentials::default() }
}

fn bearer(header: &str) -> Credentials<'_> {
    Credentials { authorization: Some(header), ..Credentials::default() }
}

#[test]
fn tokens() {
    let policy = AuthPolicy { tokens: vec!["old", " new+1/=\n", ""], ..AuthPolicy::default() };
    let rows = [
        (token("old"), Ok(())),
        (token("new+1/="), Ok(())),
        (token(" old "), Ok(())),
        // A plus that nobody encoded.
        (token("new 1/="), Ok(())),
        (bearer("Bearer old"), Ok(())),
        (bearer("bearer  new+1/="), Ok(())),
        // A platform's own header beside a right token.
        (Credentials { authorization: Some("Basic b2xk"), ..token("old") }, Ok(())),
        (Credentials { authorization: Some("Bearer wrong"), ..token("old") }, Ok(())),
        (token("OLD"), Err(AuthError::Wrong)),
        (token("ol"), Err(AuthError::Wrong)),
        (token("oldx"), Err(AuthError::Wrong)),
        (token(""), Err(AuthError::Wrong)),
        (bearer("Bearer wrong"), Err(AuthError::Wrong)),
        (bearer("old"), Err(AuthError::Missing)),
        (bearer("Bearer"), Err(AuthError::Missing)),
        (bearer("Basic b2xk"), Err(AuthError::Missing)),
        (Credentials::default(), Err(AuthError::Missing)),
        // No signing secret: a signature is worth nothing.
        (
            Credentials { signature: Some(SIGNATURE), body: SIGNED, ..Credentials::default() },
            Err(AuthError::Wrong),
        ),
    ];
    for (index, (credentials, want)) in rows.into_iter().enumerate() {
        assert_eq!(authenticate(&policy, &credentials), want, "row {index}");
    }
}

#[test]
fn a_source_without_secrets_is_closed() {
    let range = [Cidr::parse("0.0.0.0/0").unwrap()];
    for policy in [
        AuthPolicy::default(),
        AuthPolicy { tokens: vec!["", " \n"], signing_secrets: vec![""], allowed_ips: &[] },
        AuthPolicy { allowed_ips: &range, ..AuthPolicy::default() },
    ] {
        for credentials in [
            Credentials { caller_ip: Some("203.0.113.1"), ..token("") },
            Credentials::default(),
            Credentials { signature: Some(SIGNATURE), body: SIGNED, ..Credentials::default() },
        ] {
            assert_eq!(authenticate(&policy, &credentials), Err(AuthError::Closed));
        }
    }
}

#[test]
fn signatures() {
    let policy =
        AuthPolicy { signing_secrets: vec!["other", SIGNING_SECRET], ..AuthPolicy::default() };
    let signed = |signature, body| Credentials {
        signature: Some(signature),
        body,
        ..Credentials::default()
    };
    let rows: [(Credentials<'_>, Result<(), AuthError>); 5] = [
        (signed(SIGNATURE, SIGNED), Ok(())),
        (signed(SIGNATURE, b"what do ya want for nothing!"), Err(AuthError::Wrong)),
        (signed("sha256=", SIGNED), Err(AuthError::Wrong)),
        // The same for every GET, so it proves nothing about the query.
        (signed(SIGNATURE_OF_NOTHING, b""), Err(AuthError::Wrong)),
        // A signing secret is no token.
        (token(SIGNING_SECRET), Err(AuthError::Wrong)),
    ];
    for (index, (credentials, want)) in rows.into_iter().enumerate() {
        assert_eq!(authenticate(&policy, &credentials), want, "row {index}");
    }
}

#[test]
fn addresses_narrow_and_never_open() {
    let ranges = ["203.0.113.0/24", "2001:db8::/32"].map(|range| Cidr::parse(range).unwrap());
    let policy = AuthPolicy { tokens: vec!["t"], allowed_ips: &ranges, ..AuthPolicy::default() };
    let from = |ip, credentials| Credentials { caller_ip: ip, ..credentials };
    for (ip, want) in [
        (Some("203.0.113.9"), Ok(())),
        (Some("::ffff:203.0.113.9"), Ok(())),
        (Some("2001:db8::9"), Ok(())),
        (Some("198.51.100.1"), Err(AuthError::Address)),
        (Some("nonsense"), Err(AuthError::Address)),
        (None, Err(AuthError::Address)),
    ] {
        assert_eq!(authenticate(&policy, &from(ip, token("t"))), want, "{ip:?}");
        let wrong = authenticate(&policy, &from(ip, token("wrong")));
        assert_eq!(wrong, Err(AuthError::Wrong), "{ip:?}");
    }
}

#[test]
fn tokens_are_found_in_query_and_body() {
    let exposed = |found: Option<clickjoin::raw::RawText>| found.map(|t| t.expose().to_owned());
    assert_eq!(exposed(query_token("a=1&token=x%2By")).as_deref(), Some("x+y"));
    assert_eq!(exposed(query_token("a=1?Token=x")).as_deref(), Some("x"));
    assert_eq!(exposed(query_token("a=1")), None);
    let body = |text: &str| exposed(body_token(None, text.as_bytes()));
    assert_eq!(body("{\"token\":\"x\"}").as_deref(), Some("x"));
    assert_eq!(body("a=1&token=x").as_deref(), Some("x"));
    assert_eq!(body("<l><token>x</token></l>").as_deref(), Some("x"));
    assert_eq!(body("{\"lead\":{\"token\":\"x\"}}"), None);
    assert_eq!(body("{broken"), None);
}
