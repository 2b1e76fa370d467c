//! What capture hands over: clicks that KV would not take, to be written there later, and counts of
//! clicks.

use super::{LedgerError, Sql, Store, Value};
use crate::click::{ClickId, ClickRecord};
use crate::ledger::backoff::{self, Jitter};
use crate::ledger::protocol::{ClickCount, KeptClick};
use crate::ledger::sql::Fields;
use crate::slug::Slug;
use crate::time::UnixMillis;

/// Most clicks kept at a time. A KV that takes nothing for days (a free plan's daily limit) must not
/// fill the ledger's disk; postbacks still join through the ttclid on the URL.
const MAX_KEPT: i64 = 100_000;
/// Clicks written to KV in one go.
const PUTS: i64 = 20;

impl<S: Sql> Store<S> {
    /// Keeps clicks until KV takes them. A click that is kept already stays as it is. How many of
    /// them are kept now.
    ///
    /// # Errors
    /// When the storage fails: then none is kept.
    pub fn keep_clicks(&self, clicks: &[KeptClick], now: UnixMillis) -> Result<u64, LedgerError> {
        let mut room =
            MAX_KEPT.saturating_sub(i64::try_from(self.kept_clicks()?).unwrap_or(MAX_KEPT));
        self.atomically(|| {
            let mut kept: u64 = 0;
            for click in clicks {
                if room <= 0 {
                    break;
                }
                room = room.saturating_sub(1);
                let record =
                    click.record.encode().map_err(|_| LedgerError::Corrupt("click record"))?;
                let due = now.plus(backoff::after_failure(1, None, Jitter::MIDDLE));
                let insert = "INSERT INTO kept_clicks (click_id, record, due) VALUES (?1, ?2, ?3)
                              ON CONFLICT (click_id) DO NOTHING";
                self.sql.exec(insert, &[click.id.to_string().into(), record.into(), due.into()])?;
                kept = kept.saturating_add(1);
            }
            Ok(kept)
        })
    }

    /// How many clicks are kept.
    pub(super) fn kept_clicks(&self) -> Result<u64, LedgerError> {
        let row = self.sql.exec("SELECT count(*) FROM kept_clicks", &[])?.pop();
        row.map_or(Ok(0), |row| Fields::of(row, "count").count())
    }

    /// A click that is kept here because KV would not take it.
    ///
    /// # Errors
    /// When the storage fails.
    pub fn kept_click(&self, id: ClickId) -> Result<Option<ClickRecord>, LedgerError> {
        let select = "SELECT record FROM kept_clicks WHERE click_id = ?1";
        let Some(row) = self.sql.exec(select, &[id.to_string().into()])?.pop() else {
            return Ok(None);
        };
        let line = Fields::of(row, "kept click").text()?;
        Ok(ClickRecord::decode(&line).ok())
    }

    pub(super) fn next_kept_click(&self) -> Result<Option<UnixMillis>, LedgerError> {
        let row = self.sql.exec("SELECT min(due) FROM kept_clicks", &[])?.pop();
        row.map_or(Ok(None), |row| Fields::of(row, "kept click").maybe_time())
    }

    /// Clicks to be written to KV now, as (id, stored line).
    ///
    /// # Errors
    /// When the storage fails.
    pub fn clicks_due(&self, now: UnixMillis) -> Result<Vec<(ClickId, String)>, LedgerError> {
        let select =
            "SELECT click_id, record FROM kept_clicks WHERE due <= ?1 ORDER BY due LIMIT ?2";
        let rows = self.sql.exec(select, &[now.into(), Value::Int(PUTS)])?;
        let read = |row| {
            let mut fields = Fields::of(row, "kept click");
            Ok((fields.word(ClickId::parse)?, fields.text()?))
        };
        rows.into_iter().map(read).collect()
    }

    /// KV took a click, or did not. Writing the same click to KV twice is harmless, so a crash
    /// between the put and this costs one more put.
    ///
    /// # Errors
    /// When the storage fails.
    pub fn click_put(
        &self,
        id: ClickId,
        taken: bool,
        now: UnixMillis,
        jitter: Jitter,
    ) -> Result<(), LedgerError> {
        let id = Value::from(id.to_string());
        if taken {
            self.sql.exec("DELETE FROM kept_clicks WHERE click_id = ?1", &[id])?;
            return Ok(());
        }
        let select = "SELECT attempts FROM kept_clicks WHERE click_id = ?1";
        let Some(row) = self.sql.exec(select, std::slice::from_ref(&id))?.pop() else {
            return Ok(());
        };
        let attempts = Fields::of(row, "kept click").small()?.saturating_add(1);
        let due = now.plus(backoff::after_failure(attempts.saturating_add(1), None, jitter));
        let update = "UPDATE kept_clicks SET attempts = ?2, due = ?3 WHERE click_id = ?1";
        self.sql.exec(update, &[id, attempts.into(), due.into()])?;
        Ok(())
    }

    /// Adds up clicks by campaign and day. Not safe to run twice: a repeated count is counted twice,
    /// which is the lesser evil for a number that nobody is paid by.
    ///
    /// # Errors
    /// When the storage fails: then none was counted.
    pub fn count_clicks(&self, counts: &[ClickCount]) -> Result<u64, LedgerError> {
        let number = |count: u64| Value::Int(i64::try_from(count).unwrap_or(i64::MAX).min(1 << 50));
        self.atomically(|| {
            let mut kept: u64 = 0;
            for count in counts {
                let upsert = "INSERT INTO click_counts
                              (day, campaign, clicks, stored, failed, limited)
                              VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                              ON CONFLICT (day, campaign) DO UPDATE SET
                              clicks = clicks + excluded.clicks,
                              stored = stored + excluded.stored,
                              failed = failed + excluded.failed,
                              limited = limited + excluded.limited";
                let values: [Value; 6] = [
                    count.day.into(),
                    count.campaign.as_str().into(),
                    number(count.clicks),
                    number(count.stored),
                    number(count.failed),
                    number(count.limited),
                ];
                self.sql.exec(upsert, &values)?;
                kept = kept.saturating_add(1);
            }
            Ok(kept)
        })
    }

    /// The counts of these days, the newest first.
    pub(super) fn click_counts(
        &self,
        from_day: i64,
        to_day: i64,
    ) -> Result<Vec<ClickCount>, LedgerError> {
        let select = "SELECT day, campaign, clicks, stored, failed, limited FROM click_counts
                      WHERE day >= ?1 AND day <= ?2 ORDER BY day DESC, campaign";
        let read = |row| {
            let mut fields = Fields::of(row, "click count");
            Ok(ClickCount {
                day: fields.int()?,
                campaign: fields.word(Slug::parse)?,
                clicks: fields.count()?,
                stored: fields.count()?,
                failed: fields.count()?,
                limited: fields.count()?,
            })
        };
        self.sql.exec(select, &[from_day.into(), to_day.into()])?.into_iter().map(read).collect()
    }
}
