//! Which format a body is in. The content type says what the sender believes; the first characters
//! say what it is, and win.

use std::borrow::Cow;

/// What a content type header says.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Declared<'a> {
    /// Lower-case, without parameters; empty where there is none.
    essence: String,
    /// The `charset` parameter.
    pub(super) charset: Option<Cow<'a, str>>,
    /// The `boundary` parameter of a multipart type.
    pub(super) boundary: Option<Cow<'a, str>>,
}

/// Families of types that never hold a postback.
const OTHER_FAMILIES: [&str; 5] = ["audio/", "font/", "image/", "model/", "video/"];

/// Application types that never hold a postback. Any other unknown type is looked into.
const OTHER_TYPES: [&str; 14] = [
    "application/cbor",
    "application/grpc",
    "application/gzip",
    "application/java-archive",
    "application/msgpack",
    "application/msword",
    "application/pdf",
    "application/protobuf",
    "application/wasm",
    "application/x-gzip",
    "application/x-msgpack",
    "application/x-protobuf",
    "application/x-tar",
    "application/zip",
];

impl<'a> Declared<'a> {
    pub(super) fn parse(header: Option<&'a str>) -> Self {
        let Some(header) = header else {
            return Self::default();
        };
        let mut pieces = header.split(';');
        // Proxies join a header that came twice with a comma.
        let essence = pieces.next().and_then(|first| first.split(',').next()).unwrap_or_default();
        let mut declared =
            Self { essence: essence.trim().to_ascii_lowercase(), charset: None, boundary: None };
        for piece in pieces {
            let Some((name, value)) = piece.split_once('=') else { continue };
            let value = value.trim();
            let value = value.strip_prefix('"').and_then(|v| v.strip_suffix('"')).unwrap_or(value);
            match name.trim().to_ascii_lowercase().as_str() {
                "charset" => declared.charset = Some(value.into()),
                "boundary" if !value.is_empty() => declared.boundary = Some(value.into()),
                _ => {}
            }
        }
        declared
    }

    /// Whether the type is one that never holds a postback.
    pub(super) fn is_other(&self) -> bool {
        let essence = self.essence.as_str();
        let office = essence.starts_with("application/vnd.")
            && !essence.ends_with("+json")
            && !essence.ends_with("+xml");
        office
            || OTHER_TYPES.contains(&essence)
            || (OTHER_FAMILIES.iter().any(|family| essence.starts_with(family))
                && !essence.ends_with("+xml"))
    }

    pub(super) fn is_multipart(&self) -> bool {
        self.essence.starts_with("multipart/")
    }

    pub(super) fn is_json(&self) -> bool {
        self.essence.ends_with("/json") || self.essence.ends_with("+json")
    }

    pub(super) fn is_xml(&self) -> bool {
        self.essence.ends_with("/xml") || self.essence.ends_with("+xml")
    }
}

/// The formats of a body that is text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Format {
    Json,
    Xml,
    Form,
    Unknown,
}

/// The format of a text: by its first character, and only then by what was declared. A form begins
/// with a name, so it cannot be taken for JSON or XML.
pub(super) fn of_text(text: &str, declared: &Declared<'_>) -> Format {
    match text.trim_start().chars().next() {
        Some('{' | '[') => Format::Json,
        Some('<') => Format::Xml,
        _ if text.contains('=') => Format::Form,
        _ if declared.is_json() => Format::Json,
        _ if declared.is_xml() => Format::Xml,
        _ => Format::Unknown,
    }
}

/// The boundary of a multipart body that nobody declared: its first line, if a part follows.
pub(super) fn sniffed_boundary(body: &[u8]) -> Option<&str> {
    let line = body.split(|&b| b == b'\n').next()?;
    let line = std::str::from_utf8(line).ok()?.trim_end();
    let boundary = line.strip_prefix("--").filter(|rest| !rest.is_empty())?;
    let after = body.get(line.len()..)?;
    // The first header of a part comes within its first 1,000 bytes.
    let head = after.get(..after.len().min(1_000))?.to_ascii_lowercase();
    let wanted = b"content-disposition:";
    head.windows(wanted.len()).any(|window| window == wanted).then_some(boundary)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_types() {
        let multipart =
            Declared::parse(Some("Multipart/Form-Data; boundary=\"a b\"; charset=UTF-8"));
        assert!(multipart.is_multipart());
        assert_eq!(multipart.boundary.as_deref(), Some("a b"));
        assert_eq!(multipart.charset.as_deref(), Some("UTF-8"));
        assert!(Declared::parse(Some("application/json, application/json")).is_json());
        assert!(Declared::parse(Some("application/vnd.api+json")).is_json());
        for other in ["image/png", "application/pdf", "application/vnd.ms-excel", "VIDEO/mp4"] {
            assert!(Declared::parse(Some(other)).is_other(), "{other}");
        }
        for fine in ["", "text/plain", "application/octet-stream", "nonsense", "text/html"] {
            assert!(!Declared::parse(Some(fine)).is_other(), "{fine}");
        }
    }

    #[test]
    fn a_boundary_is_sniffed_only_where_a_part_follows() {
        let body = b"--x1\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--x1--";
        assert_eq!(sniffed_boundary(body), Some("x1"));
        assert_eq!(sniffed_boundary(b"--x1\r\nhello"), None);
        assert_eq!(sniffed_boundary(b"a=1"), None);
    }
}
