//! The values a lead has for each canonical field.

use super::Field;
use crate::few::Map;
use crate::raw::RawValue;

/// Canonical fields and their values. Absent values (empty, `null`, macros nobody replaced) were
/// left out before: a field that is here has at least one value.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Fields(Map<Field, Vec<RawValue>>);

impl Fields {
    /// Adds one more value to a field, after those that it has.
    pub fn push(&mut self, field: Field, value: RawValue) {
        self.0.change(field, |values| values.push(value));
    }

    /// Replaces what a field has.
    pub fn set(&mut self, field: Field, values: Vec<RawValue>) {
        if values.is_empty() {
            self.0.remove(&field);
        } else {
            self.0.insert(field, values);
        }
    }

    /// Takes a field out, with its values.
    pub fn remove(&mut self, field: Field) -> Vec<RawValue> {
        self.0.remove(&field).unwrap_or_default()
    }

    /// The first value of a field.
    pub fn first(&self, field: Field) -> Option<&RawValue> {
        self.all(field).first()
    }

    /// Every value of a field, in the order they came; empty if it has none.
    pub fn all(&self, field: Field) -> &[RawValue] {
        self.0.get(&field).map_or(&[], Vec::as_slice)
    }

    /// The fields that have a value.
    pub fn present(&self) -> impl Iterator<Item = Field> + '_ {
        self.0.keys().copied()
    }
}
