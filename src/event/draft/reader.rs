//! Reading a lead's fields one by one, and noting what is lost.

use crate::identity::{Noted, Unusable};
use crate::lead::{Field, Fields};
use crate::raw::{RawText, RawValue};
use crate::warning::Warning;
use std::borrow::Cow;

/// The lead's fields, and the warnings so far.
pub(super) struct Reader<'a> {
    fields: &'a Fields,
    warnings: Vec<Warning>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(fields: &'a Fields) -> Self {
        Self { fields, warnings: Vec::new() }
    }

    /// The warnings, in the order they came.
    pub(super) fn into_warnings(self) -> Vec<Warning> {
        self.warnings
    }

    pub(super) fn warn(&mut self, field: Field, what: impl Into<Cow<'static, str>>) {
        self.warnings.push(Warning::new(field.name(), what));
    }

    /// Whether the field has any value.
    pub(super) fn has(&self, field: Field) -> bool {
        self.fields.first(field).is_some()
    }

    /// Every value of a field, whatever its kind.
    pub(super) fn values(&self, field: Field) -> &'a [RawValue] {
        self.fields.all(field)
    }

    /// The one value of a field that takes one. Further ones are left out, with a warning if they
    /// differ.
    pub(super) fn value(&mut self, field: Field) -> Option<&'a RawValue> {
        let (first, more) = self.fields.all(field).split_first()?;
        if more.iter().any(|other| other != first) {
            self.warn(field, "has several values: the first is used");
        }
        Some(first)
    }

    /// Every value of a field that is a text, as it came; blank ones are skipped.
    pub(super) fn raws(&mut self, field: Field) -> Vec<&'a RawText> {
        self.values(field).iter().filter_map(|value| self.raw_of(field, value)).collect()
    }

    /// The one text of a field, as it came.
    pub(super) fn raw(&mut self, field: Field) -> Option<&'a RawText> {
        let value = self.value(field)?;
        self.raw_of(field, value)
    }

    /// The one text of a field that is sent in plain, as it came.
    pub(super) fn untouched(&mut self, field: Field) -> Option<String> {
        self.raw(field).map(|raw| raw.expose().to_owned())
    }

    /// The one text of a field that is sent in plain, without spaces around it.
    pub(super) fn text(&mut self, field: Field) -> Option<String> {
        self.raw(field).map(|raw| raw.expose().trim().to_owned())
    }

    /// What `read` makes of the field's text, with its note or reason as a warning.
    pub(super) fn read<T>(
        &mut self,
        field: Field,
        read: impl FnOnce(&RawText) -> Result<Noted<T>, Unusable>,
    ) -> Option<T> {
        let raw = self.raw(field)?;
        self.keep(field, read(raw))
    }

    /// The value that was read, with its note or reason as a warning.
    pub(super) fn keep<T>(&mut self, field: Field, read: Result<Noted<T>, Unusable>) -> Option<T> {
        match read {
            Ok(Noted { value, note }) => {
                if let Some(note) = note {
                    self.warn(field, note);
                }
                Some(value)
            }
            Err(Unusable(reason)) => {
                self.warn(field, reason);
                None
            }
        }
    }

    fn raw_of(&mut self, field: Field, value: &'a RawValue) -> Option<&'a RawText> {
        match value {
            RawValue::Text(raw) | RawValue::Number(raw) => {
                (!raw.expose().trim().is_empty()).then_some(raw)
            }
            RawValue::Bool(_) | RawValue::Json(_) => {
                self.warn(field, "not a text or a number, left out");
                None
            }
        }
    }
}
