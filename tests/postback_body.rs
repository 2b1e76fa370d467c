//! What comes out of a body, format by format, and what is refused.

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

use clickjoin::postback::body::{self, BodyError, Origin, Parsed};
use clickjoin::raw::RawValue;

/// `name=value` for each pair, with `!` for nested, `?` for query, and the kind of what is no text.
fn show(parsed: &Parsed) -> Vec<String> {
    let show = |pair: &body::Pair| {
        let origin = match pair.origin {
            Origin::Query => "?",
            Origin::Nested => "!",
            Origin::Body => "",
        };
        let kind = match pair.value {
            RawValue::Text(_) => "",
            RawValue::Number(_) => "#",
            RawValue::Bool(_) => "~",
            RawValue::Json(_) => "@",
        };
        format!("{origin}{}={kind}{}", pair.name, pair.value.expose())
    };
    parsed.pairs.iter().map(show).collect()
}

/// Content type, query, body, and what comes out.
type Row<'a> = (Option<&'a str>, &'a str, &'a [u8], &'a [&'a str]);

fn utf16(text: &str, unit: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(unit).collect()
}

#[test]
fn formats() {
    let multipart = "--x\r\nContent-Disposition: form-data; name=\"email\"\r\n\r\na@b.example\r\n\
        --x\r\ncontent-disposition: form-data; name=phone\r\nContent-Type: text/plain\r\n\r\n+1 2\r\n3\r\n--x--\r\n";
    let lf = "--x\nContent-Disposition: form-data; name=\"a;=\\\"b\"\n\n1\n--x--";
    let (le, be) = (u16::to_le_bytes, u16::to_be_bytes);
    let json16 = utf16("\u{feff}{\"a\":\"é\"}", le);
    let xml16le = utf16("\u{feff}<?xml version=\"1.0\" encoding=\"UTF-16\"?><l><a>é</a></l>", le);
    let xml16be = utf16("\u{feff}<l><a>é</a></l>", be);
    let bare16 = utf16("<l><a>é</a></l>", be);
    let rows: &[Row<'_>] = &[
        // Query alone.
        (None, "a=1&b=x%20y", b"", &["?a=1", "?b=x y"]),
        (Some("image/png"), "a=1", b" \r\n", &["?a=1"]),
        // JSON.
        (Some("application/json"), "t=1", br#"{"a":"x"}"#, &["?t=1", "a=x"]),
        (None, "", b"\xEF\xBB\xBF {\"a\":\"x\"}\n", &["a=x"]),
        (Some("text/plain"), "", br#"{"a":"\u00e9\n"}"#, &["a=é\n"]),
        (Some("application/x-www-form-urlencoded"), "", br#"{"a":1}"#, &["a=#1"]),
        (None, "", br#"{"v":12.340000000000000001,"n":9007199254740993,"e":-1.5E3}"#,
            &["v=#12.340000000000000001", "n=#9007199254740993", "e=#-1.5E3"]),
        (None, "", br#"{"t":true,"f":false,"n":null,"l":[]}"#, &["t=~true", "f=~false", "n=null", "l="]),
        (None, "", br#"{"email":["a","b"],"email":"c"}"#, &["email=a", "email=b", "email=c"]),
        (None, "", br#"{"email[]":["a"],"m":["a",{"b":1}]}"#, &["email=a", r#"m=@["a",{"b":1}]"#]),
        (None, "", br#"{"lead":{"email":"a","n":{"x":1}},"b":2}"#, &["!lead.email=a", "!lead.n.x=#1", "b=#2"]),
        (None, "", br#"{"a":{"b":{"c":{"d":1}}}}"#, &[r#"!a.b.c=@{"d":1}"#]),
        (None, "", br#"{"contents":[{"price":1}],"x":{"contents":{"price":2}}}"#,
            &[r#"contents=@[{"price":1}]"#, r#"!x.contents=@{"price":2}"#]),
        (None, "", br#"[{"a":1}]"#, &["a=#1"]),
        (None, "", br#"{"data":[{"event":"Lead","user":{"email":"a"}}]}"#, &["!data.event=Lead", "!data.user.email=a"]),
        (None, "", br#"{"a":1,}"#, &["a=#1"]),
        (None, "", br#"{"a":[1,2, ],"b":"x,}" , } ,"#, &["a=#1", "a=#2", "b=x,}"]),
        (None, "", br#"{"a":"\ud83d","b":1}"#, &["b=#1"]),
        (None, "", &json16, &["a=é"]),
        // Forms.
        (Some("application/x-www-form-urlencoded"), "", b"email=a%40b&email=c&z", &["email=a@b", "email=c", "z="]),
        (None, "", b"email%5B%5D=a&email[1]=b&lead[x]=1\n", &["email=a", "email=b", "!lead.x=1"]),
        (Some("application/json"), "", b"a=1&b=2", &["a=1", "b=2"]),
        (None, "a=1?b=2", b"c=3?d=4", &["?a=1", "?b=2", "c=3", "d=4"]),
        (Some("application/x-www-form-urlencoded; charset=utf-8"), "", b"n=Jos%E9&a=1", &["a=1"]),
        // Multipart.
        (Some("multipart/form-data; boundary=x"), "", multipart.as_bytes(), &["email=a@b.example", "phone=+1 2\r\n3"]),
        (Some("text/plain"), "", multipart.as_bytes(), &["email=a@b.example", "phone=+1 2\r\n3"]),
        (Some("multipart/form-data"), "", lf.as_bytes(), &["a;=\"b=1"]),
        (Some("multipart/form-data; boundary=\"x\""), "",
            b"preamble\r\n--x\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a.png\"\r\n\r\n\x89PNG\r\n--x\r\n\r\nno name\r\n--x--\r\nepilogue",
            &[]),
        // XML.
        (Some("application/xml"), "", b"<?xml version=\"1.0\"?>\n<lead>\n <email>a@b</email>\n <n/>\n</lead>\n", &["email=a@b", "n="]),
        (Some("text/xml"), "", b"<!-- c --><l a='>'><x y=\"/>\">1 &lt; 2 &amp;&#x41;&#66;</x></l>", &["x=1 < 2 &AB"]),
        (None, "", b"<l><u>https://x.example/?a=1&b=2</u><c><![CDATA[<&>]]></c></l>", &["u=https://x.example/?a=1&b=2", "c=<&>"]),
        (None, "", b"<s:E><s:Body><p:lead><p:a>1</p:a></p:lead></s:Body></s:E>", &["!Body.lead.a=1"]),
        (None, "", &xml16le, &["a=é"]),
        (None, "", &xml16be, &["a=é"]),
        (Some("application/xml; charset=utf-16"), "", &bare16, &["a=é"]),
        (None, "", b"<?xml version='1.0' encoding='iso-8859-1'?><l><a>\xE9</a></l>", &["a=é"]),
    ];
    for (content_type, query, body, want) in rows {
        let label = String::from_utf8_lossy(body);
        let shown = body::parse(*content_type, query, body).map(|parsed| show(&parsed));
        let want: Vec<_> = want.iter().map(|pair| (*pair).to_owned()).collect();
        assert_eq!(shown, Ok(want), "{label}");
    }
}

#[test]
fn what_is_mended_or_left_out_is_named() {
    let rows: [(&[u8], &str); 4] = [
        (br#"{"a":1,}"#, "body: the JSON had a comma too many"),
        (b"n=Jos%E9", "n: its bytes are not UTF-8"),
        (br#"{"n":"\ud83d"}"#, "n: its bytes are not UTF-8"),
        (
            b"--x\r\nContent-Disposition: form-data; name=f; filename=a\r\n\r\n1\r\n--x--",
            "f: a file was left out",
        ),
    ];
    for (body, want) in rows {
        let parsed = body::parse(None, "", body).unwrap();
        let warnings: Vec<_> = parsed.warnings.iter().map(ToString::to_string).collect();
        assert!(matches!(warnings.as_slice(), [one] if one.starts_with(want)), "{warnings:?}");
    }
}

#[test]
fn what_is_refused() {
    let many = |n: usize| (0..n).map(|i| format!("a{i}=1&")).collect::<String>();
    let many_json = |n: usize| {
        format!("{{{}\"z\":1}}", (1..n).map(|i| format!("\"a{i}\":1,")).collect::<String>())
    };
    let many_parts: String = (0..201).map(|_| "--x\n\n\n".to_owned()).collect();
    let deep = format!("{}1{}", "{\"a\":".repeat(9_000), "}".repeat(9_000));
    let deep_list = format!("{{\"a\":{}{}}}", "[".repeat(30_000), "]".repeat(30_000));
    let deep_xml = "<a>".repeat(20_000);
    let bomb = "<!DOCTYPE l [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]><l><x>&b;</x></l>";
    let rows: Vec<(Option<&str>, Vec<u8>, u16, &str)> = vec![
        (None, vec![b'a'; 64 * 1_024 + 1], 413, "body_too_large"),
        (None, many(201).into_bytes(), 413, "too_many_fields"),
        (None, many(8_000).into_bytes(), 413, "too_many_fields"),
        (None, many_json(201).into_bytes(), 413, "too_many_fields"),
        (None, many_json(6_000).into_bytes(), 413, "too_many_fields"),
        (
            None,
            format!("{{\"a\":[{}1]}}", "1,".repeat(10_000)).into_bytes(),
            413,
            "too_many_fields",
        ),
        (Some("multipart/form-data; boundary=x"), many_parts.into_bytes(), 413, "too_many_fields"),
        (Some("image/png"), b"\x89PNG".to_vec(), 415, "unsupported_type"),
        (Some("application/pdf"), b"a=1".to_vec(), 415, "unsupported_type"),
        (None, b"\x89PNG\r\n=".to_vec(), 400, "body_not_utf8"),
        (None, b"{\"a\":\"\xE9\"}".to_vec(), 400, "body_not_utf8"),
        (None, b"hello".to_vec(), 400, "unreadable_body"),
        (Some("application/json"), b"hello".to_vec(), 400, "bad_json"),
        (Some("application/json"), b"12".to_vec(), 400, "bad_json"),
        (None, b"{\"a\":{email}}".to_vec(), 400, "bad_json"),
        (None, b"{\"a\":1".to_vec(), 400, "bad_json"),
        (None, b"{\"a\":1} x".to_vec(), 400, "bad_json"),
        (None, b"[]".to_vec(), 400, "bad_json"),
        (None, b"[1]".to_vec(), 400, "bad_json"),
        (None, b"[{\"a\":1},{\"a\":2}]".to_vec(), 400, "several_leads"),
        (None, b"{\"data\":[{\"a\":1},{\"a\":2}]}".to_vec(), 400, "several_leads"),
        (None, deep_xml.into_bytes(), 400, "bad_xml"),
        (None, bomb.as_bytes().to_vec(), 400, "bad_xml"),
        (None, b"<l><a>&nbsp;</a></l>".to_vec(), 400, "bad_xml"),
        (None, b"<l><a>&#0;</a></l>".to_vec(), 400, "bad_xml"),
        (None, b"<l><a>&#x110000;</a></l>".to_vec(), 400, "bad_xml"),
        (None, b"<l><a>1</b></l>".to_vec(), 400, "bad_xml"),
        (None, b"<l><a>1".to_vec(), 400, "bad_xml"),
        (None, b"<l/><l/>".to_vec(), 400, "bad_xml"),
        (None, b"<l/>x".to_vec(), 400, "bad_xml"),
        (None, b"<1>x</1>".to_vec(), 400, "bad_xml"),
        (Some("application/xml"), b"\xFF\xFE<".to_vec(), 400, "body_not_utf8"),
        (Some("multipart/form-data"), b"a=1".to_vec(), 400, "bad_multipart"),
        (Some("multipart/form-data; boundary=y"), b"--x\r\n".to_vec(), 400, "bad_multipart"),
        (
            Some("multipart/form-data; boundary=x"),
            b"--x\r\nContent-Disposition: form-data; name=a\r\n\r\nendless".to_vec(),
            400,
            "bad_multipart",
        ),
        (
            Some("multipart/form-data; boundary=x"),
            b"--x\r\nContent-Disposition: form-data\r\n--x--".to_vec(),
            400,
            "bad_multipart",
        ),
    ];
    for (content_type, body, status, code) in rows {
        let label = String::from_utf8_lossy(&body).chars().take(60).collect::<String>();
        let error = body::parse(content_type, "", &body).expect_err(&label);
        assert_eq!((error.status(), error.code()), (status, code), "{label}");
        assert!(!error.safe_message().is_empty());
    }
    // Deep JSON is no danger: what is deeper than it is read stays text.
    for deep in [deep, deep_list] {
        assert!(body::parse(None, "", deep.as_bytes()).is_ok_and(|parsed| parsed.pairs.len() == 1));
    }
    assert_eq!(body::parse(None, &"a".repeat(65 * 1_024), b""), Err(BodyError::TooLarge));
}

#[test]
fn the_query_counts_towards_the_fields() {
    let query: String = (0..199).map(|i| format!("a{i}=1&")).collect();
    assert!(body::parse(None, &query, b"b=1").is_ok());
    assert_eq!(body::parse(None, &query, b"b=1&c=2"), Err(BodyError::TooManyFields));
}

#[test]
fn an_error_says_where_and_repeats_nothing() {
    let error = body::parse(None, "", b"{\"a\":\n secret@example.com}").unwrap_err();
    assert_eq!(error.safe_message(), "the body is not valid JSON: look at line 2, column 2");
    assert!(!format!("{error:?}").contains("secret"));
}
