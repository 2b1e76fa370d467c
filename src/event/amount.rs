//! An amount of money or a price, exact to the digit. Reading the usual writings is `money`'s work.

use serde::de::Error as _;
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;
use std::fmt;

/// Most significant digits. A JSON number is read as a double at the other end, and 15 decimal
/// digits are what every double gives back unchanged.
const MAX_DIGITS: usize = 15;

/// Most decimals. Currencies have up to three, exchanged payouts a few more.
const MAX_DECIMALS: usize = 10;

/// Fewest decimals that a rounding must leave: cents, and two digits behind them.
const MIN_DECIMALS_LEFT: usize = 4;

/// Longest text read as a number, in bytes: a double written out is far shorter.
const MAX_BYTES: usize = 64;

/// A decimal number, zero or more, of up to 15 significant digits and 10 decimals. In JSON it is a
/// number with these very digits (`1234.5`; trailing zeros of decimals do not count).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Amount {
    /// The digits: the amount is `units / 10^decimals`. The last digit is not 0 if there are decimals.
    units: u64,
    decimals: usize,
}

/// Why a text is not an [`Amount`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NoAmount {
    /// Not a number.
    Unreadable,
    /// Below zero.
    Negative,
    /// More digits than can be sent without changing cents.
    TooLong,
}

impl Amount {
    /// Nothing; TikTok takes it as a value like others.
    pub const ZERO: Self = Self { units: 0, decimals: 0 };

    /// Reads a decimal number as JSON writes it (`1234.50`, `1e3`, `-0`). The flag tells that it had
    /// more than 15 digits (`0.30000000000000004`, what computers make of 0.1 + 0.2) and was rounded,
    /// at least two digits behind the cents.
    ///
    /// # Errors
    /// When it is no such number, is negative, or has too many digits.
    pub fn from_decimal(text: &str) -> Result<(Self, bool), NoAmount> {
        if text.len() > MAX_BYTES {
            return Err(NoAmount::TooLong);
        }
        let (negative, text) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => {
                (mantissa, exponent.parse::<i16>().map_err(|_| NoAmount::Unreadable)?)
            }
            None => (text, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = format!("{whole}{fraction}");
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(NoAmount::Unreadable);
        }
        let (amount, rounded) = place(&digits, fraction.len(), exponent)?;
        if negative && amount != Self::ZERO {
            Err(NoAmount::Negative)
        } else {
            Ok((amount, rounded))
        }
    }
}

impl Amount {
    /// The amount as a count of things, if it is a whole number that fits.
    pub(super) fn whole(self) -> Option<u32> {
        if self.decimals == 0 { u32::try_from(self.units).ok() } else { None }
    }
}

/// The number `digits / 10^fraction * 10^exponent`, rounded if it must be.
fn place(digits: &str, fraction: usize, exponent: i16) -> Result<(Amount, bool), NoAmount> {
    let significant = digits.trim_start_matches('0');
    if significant.is_empty() {
        return Ok((Amount::ZERO, false));
    }
    let fraction = i64::try_from(fraction).map_err(|_| NoAmount::TooLong)?;
    let decimals = fraction.saturating_sub(i64::from(exponent));
    // Trailing zeros say nothing, before or behind the point.
    let kept = significant.trim_end_matches('0');
    let zeros = significant.len().saturating_sub(kept.len());
    let zeros = i64::try_from(zeros).map_err(|_| NoAmount::TooLong)?;
    let decimals = decimals.saturating_sub(zeros);
    let Ok(decimals) = usize::try_from(decimals) else {
        // Zeros before the point are missing again: 1e3, or 1200 that became 12.
        let missing = usize::try_from(decimals.unsigned_abs()).map_err(|_| NoAmount::TooLong)?;
        if kept.len().saturating_add(missing) > MAX_DIGITS {
            return Err(NoAmount::TooLong);
        }
        let padded = format!("{kept}{}", "0".repeat(missing));
        return Ok((Amount { units: number(&padded)?, decimals: 0 }, false));
    };
    let whole = kept.len().saturating_sub(decimals);
    let room = MAX_DECIMALS.min(MAX_DIGITS.checked_sub(whole).ok_or(NoAmount::TooLong)?);
    let surplus = decimals.saturating_sub(room);
    if surplus == 0 {
        return Ok((Amount { units: number(kept)?, decimals }, false));
    }
    if room < MIN_DECIMALS_LEFT {
        return Err(NoAmount::TooLong);
    }
    Ok((round(kept, surplus, room)?, true))
}

/// `digits` without the last `surplus` of them, half rounded up, with `room` decimals.
fn round(digits: &str, surplus: usize, room: usize) -> Result<Amount, NoAmount> {
    let Some((kept, dropped)) =
        digits.len().checked_sub(surplus).and_then(|at| digits.split_at_checked(at))
    else {
        // Even the first digit is behind what is kept.
        return Ok(Amount::ZERO);
    };
    let up = u64::from(dropped.starts_with(['5', '6', '7', '8', '9']));
    let units = if kept.is_empty() { 0 } else { number(kept)? };
    let mut amount = Amount { units: units.saturating_add(up), decimals: room };
    while amount.decimals > 0 && amount.units.is_multiple_of(10) {
        amount.units = amount.units.div_euclid(10);
        amount.decimals = amount.decimals.saturating_sub(1);
    }
    Ok(amount)
}

fn number(digits: &str) -> Result<u64, NoAmount> {
    digits.parse().map_err(|_| NoAmount::TooLong)
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = format!("{:0>width$}", self.units, width = self.decimals.saturating_add(1));
        match digits.len().checked_sub(self.decimals).and_then(|at| digits.split_at_checked(at)) {
            Some((whole, "")) => f.write_str(whole),
            Some((whole, fraction)) => write!(f, "{whole}.{fraction}"),
            None => Err(fmt::Error),
        }
    }
}

// In JSON the digits stand as they are here: as a double they would need the tables by which doubles
// are read and written, 25 kB of the Worker.

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        RawValue::from_string(self.to_string()).map_err(S::Error::custom)?.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = Box::<RawValue>::deserialize(deserializer)?;
        match Self::from_decimal(number.get()) {
            Ok((amount, false)) => Ok(amount),
            _ => Err(D::Error::custom("not a number of at most 15 digits, zero or more")),
        }
    }
}
