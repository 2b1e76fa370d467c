//! Why a body cannot be read: whose words go back to the sender. Nothing of the body is repeated.

use super::pair::{MAX_BODY_BYTES, MAX_FIELDS};
use std::borrow::Cow;
use std::fmt;

/// A postback that cannot be read: a `400`, `413` or `415`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum BodyError {
    /// More than 64 KiB of body, or of query.
    TooLarge,
    /// More than 200 fields, query and body together.
    TooManyFields,
    /// A content type that no lead is sent in (`image/png`).
    UnsupportedType,
    /// Bytes that are neither UTF-8 nor UTF-16.
    NotText,
    /// Not JSON, or JSON that is no object: where the reader stopped.
    Json {
        /// From 1.
        line: usize,
        /// From 1, in bytes.
        column: usize,
    },
    /// A JSON body that is no object: a number, a text, an empty list.
    JsonNoObject,
    /// A list of several leads or events.
    SeveralLeads,
    /// Not XML as we read it.
    Xml(&'static str),
    /// Not multipart as we read it.
    Multipart(&'static str),
    /// Neither JSON nor XML nor a form.
    Unreadable,
}

impl BodyError {
    /// The HTTP status that answers it.
    pub const fn status(&self) -> u16 {
        match self {
            Self::TooLarge | Self::TooManyFields => 413,
            Self::UnsupportedType => 415,
            Self::NotText
            | Self::Json { .. }
            | Self::JsonNoObject
            | Self::SeveralLeads
            | Self::Xml(_)
            | Self::Multipart(_)
            | Self::Unreadable => 400,
        }
    }

    /// A fixed word for logs, metrics and the answer.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooLarge => "body_too_large",
            Self::TooManyFields => "too_many_fields",
            Self::UnsupportedType => "unsupported_type",
            Self::NotText => "body_not_utf8",
            Self::Json { .. } | Self::JsonNoObject => "bad_json",
            Self::SeveralLeads => "several_leads",
            Self::Xml(_) => "bad_xml",
            Self::Multipart(_) => "bad_multipart",
            Self::Unreadable => "unreadable_body",
        }
    }

    /// What is wrong and what to do, in words for the sender.
    pub fn safe_message(&self) -> Cow<'static, str> {
        match self {
            Self::TooLarge => format!(
                "the postback is larger than {} KiB; send only the fields that are needed",
                MAX_BODY_BYTES / 1_024
            )
            .into(),
            Self::TooManyFields => format!(
                "the postback has more than {MAX_FIELDS} fields; send only those that are needed"
            )
            .into(),
            Self::UnsupportedType => "this content type cannot hold a postback; send \
                application/json, application/x-www-form-urlencoded, multipart/form-data or \
                application/xml"
                .into(),
            Self::NotText => "the body is neither UTF-8 nor UTF-16; send it as UTF-8".into(),
            Self::Json { line, column } => {
                format!("the body is not valid JSON: look at line {line}, column {column}").into()
            }
            Self::JsonNoObject => {
                "the JSON body is not an object; send one object with the lead's fields".into()
            }
            Self::SeveralLeads => {
                "the body holds a list of several leads; send one postback for each".into()
            }
            Self::Xml(what) => format!("the body is not XML that can be read: {what}").into(),
            Self::Multipart(what) => {
                format!("the body is not multipart/form-data that can be read: {what}").into()
            }
            Self::Unreadable => "the body is neither JSON nor XML nor a form; send \
                name=value pairs or a JSON object, with its content type"
                .into(),
        }
    }
}

impl fmt::Display for BodyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.safe_message())
    }
}

impl std::error::Error for BodyError {}
