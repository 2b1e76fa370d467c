//! The rows of pixels that do not simply send: held, pausing, or failing lately.

use super::{LedgerError, Sql, Store, Value};
use crate::ledger::pixel::PixelState;
use crate::ledger::protocol::HoldReason;
use crate::ledger::settings::Settings;
use crate::ledger::sql::Fields;
use crate::slug::Slug;
use crate::time::UnixMillis;

impl<S: Sql> Store<S> {
    /// How a pixel is.
    ///
    /// # Errors
    /// When the storage fails.
    pub fn pixel(&self, pixel: &Slug) -> Result<PixelState, LedgerError> {
        if self.unopen.borrow().is_none() {
            // Every postback asks: read once, until one changes.
            let states = self.unopen_pixels()?.into_iter().collect();
            self.unopen.replace(Some(states));
        }
        let unopen = self.unopen.borrow();
        let state = unopen.as_ref().and_then(|states| states.get(pixel));
        Ok(state.copied().unwrap_or(PixelState::OPEN))
    }

    /// Every pixel that does not simply send.
    pub(super) fn unopen_pixels(&self) -> Result<Vec<(Slug, PixelState)>, LedgerError> {
        let select =
            "SELECT pixel, held, failures, next_try, since, code FROM pixels ORDER BY pixel";
        self.sql.exec(select, &[])?.into_iter().map(read).collect()
    }

    /// Writes a pixel down, if it changed.
    pub(super) fn save_pixel(
        &self,
        pixel: &Slug,
        before: &PixelState,
        after: &PixelState,
    ) -> Result<(), LedgerError> {
        if before == after {
            return Ok(());
        }
        self.unopen.replace(None);
        if *after == PixelState::OPEN {
            self.sql.exec("DELETE FROM pixels WHERE pixel = ?1", &[pixel.as_str().into()])?;
            return Ok(());
        }
        let upsert = "INSERT INTO pixels (pixel, held, failures, next_try, since, code)
                      VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                      ON CONFLICT (pixel) DO UPDATE SET held = excluded.held,
                      failures = excluded.failures, next_try = excluded.next_try,
                      since = excluded.since, code = excluded.code";
        let values: [Value; 6] = [
            pixel.as_str().into(),
            after.held.map(HoldReason::as_str).into(),
            after.failures.into(),
            after.next_try.into(),
            after.since.into(),
            after.code.into(),
        ];
        self.sql.exec(upsert, &values)?;
        Ok(())
    }

    /// How a pixel is, looked at against the configuration: one that lacks something is held, one
    /// that lacks nothing any more goes on.
    ///
    /// # Errors
    /// When the storage fails.
    pub fn configured_pixel(
        &self,
        pixel: &Slug,
        settings: &Settings,
        now: UnixMillis,
    ) -> Result<PixelState, LedgerError> {
        let before = self.pixel(pixel)?;
        let after = before.configured(settings.lacking(pixel), now);
        self.save_pixel(pixel, &before, &after)?;
        Ok(after)
    }

    /// Holds a pixel by hand.
    ///
    /// # Errors
    /// When the storage fails.
    pub fn hold(&self, pixel: &Slug, now: UnixMillis) -> Result<(), LedgerError> {
        let before = self.pixel(pixel)?;
        self.save_pixel(pixel, &before, &before.hold(HoldReason::Person, now))?;
        self.knows(pixel.as_str());
        Ok(())
    }

    /// Lets a pixel go on, whatever stopped it. If its token is still bad, the next answer holds it
    /// again.
    ///
    /// # Errors
    /// When the storage fails.
    pub fn release(&self, pixel: &Slug) -> Result<(), LedgerError> {
        let before = self.pixel(pixel)?;
        self.save_pixel(pixel, &before, &PixelState::OPEN)?;
        self.knows(pixel.as_str());
        Ok(())
    }
}

fn read(row: Vec<Value>) -> Result<(Slug, PixelState), LedgerError> {
    let mut fields = Fields::of(row, "pixel");
    let name = fields.word(Slug::parse)?;
    let state = PixelState {
        // A reason that only a newer version knows is left for a person to end.
        held: fields
            .maybe_text()?
            .map(|word| HoldReason::parse(&word).unwrap_or(HoldReason::Person)),
        failures: fields.small()?,
        next_try: fields.maybe_time()?,
        since: fields.maybe_time()?,
        code: fields.maybe_int()?,
    };
    Ok((name, state))
}
