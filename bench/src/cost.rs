//! What a month costs at Cloudflare: list prices of the paid plan, what it includes taken off, and the
//! CPU that was measured.
//!
//! - Prices and inclusions are those of Cloudflare's price pages as they were known when this was
//!   written. Nothing here asks Cloudflare: look there before you rely on it.
//! - Assumptions, all of them: the constants under that heading. They are printed under the table.
//! - Rows are counted from the ledger's statements at their most: every insert sets the alarm.
//! - The CPU is all that workerd used, HTTP and stand-ins included, and Cloudflare bills the isolate's
//!   share of it only: the estimate is on the safe side.
//! - Left out: the ledger's disk, and other Workers in the same account that use up what is included.

use serde::Serialize;

/// A month's fee.
pub(crate) const PLAN: f64 = 5.0;

// ## Assumptions

/// The share of clicks that a visitor makes again, with the cookie of the first.
pub(crate) const REPEATED: f64 = 0.10;
/// Conversions for each click.
pub(crate) const CONVERSIONS: f64 = 0.03;
/// Bytes of a click's record in KV, key and all. It is kept for 30 days, so a month's clicks are there.
pub(crate) const RECORD: f64 = 1_000.0;
/// Seconds of a month, through which clicks and conversions come evenly. In reality they crowd, and
/// batches are larger.
const SECONDS: f64 = 30.0 * 86_400.0;

// ## What the program does

/// Seconds that an event waits for company.
const GATHERING: f64 = 0.2;
/// Seconds between two reports of click counts, at the least.
const REPORT_EVERY: f64 = 4.0;
/// Rows that an event writes: itself, its entry in the index that dedupes, its lead and the alarm when
/// it comes; itself when it is delivered; and when it is purged the first three again, because a
/// deleted row is a written one. See `src/ledger/store/schema.rs`.
const ROWS_OF_EVENT: f64 = 4.0 + 1.0 + 3.0;
/// Rows that a delivery writes however many events it has: the day's tally, and the alarm twice.
const ROWS_OF_DELIVERY: f64 = 3.0;
/// Rows that a report writes: the count of one campaign's day.
const ROWS_OF_REPORT: f64 = 1.0;
/// Rows that an event reads: dedupe and lead when it comes, the batch and its payload when it leaves.
const ROWS_READ_OF_EVENT: f64 = 6.0;
/// Gigabytes that Cloudflare bills for a Durable Object while it is awake.
const OBJECT_GIGABYTES: f64 = 0.125;

// ## Prices

/// What the plan includes, and dollars for each million (of KV's storage: each gigabyte) beyond.
struct Price {
    included: f64,
    dollars: f64,
}

impl Price {
    fn of(&self, used: f64) -> f64 {
        (used - self.included).max(0.0) / 1e6 * self.dollars
    }
}

const REQUESTS: Price = Price { included: 10e6, dollars: 0.30 };
const CPU_MS: Price = Price { included: 30e6, dollars: 0.02 };
const LOGS: Price = Price { included: 20e6, dollars: 0.60 };
const KV_READS: Price = Price { included: 10e6, dollars: 0.50 };
const KV_WRITES: Price = Price { included: 1e6, dollars: 5.00 };
/// Of kilobytes: a million are a gigabyte.
const KV_KILOBYTES: Price = Price { included: 1e6, dollars: 0.50 };
const OBJECT_REQUESTS: Price = Price { included: 1e6, dollars: 0.15 };
const OBJECT_GIGABYTE_SECONDS: Price = Price { included: 400e3, dollars: 12.50 };
const ROWS_WRITTEN: Price = Price { included: 50e6, dollars: 1.00 };
const ROWS_READ: Price = Price { included: 25e9, dollars: 0.001 };

/// A month's traffic.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub(crate) struct Month {
    pub(crate) clicks: f64,
    /// The share of clicks that a visitor makes again, with the cookie of the first.
    pub(crate) repeated: f64,
    /// Conversions for each click.
    pub(crate) conversions: f64,
    /// Events in a request to TikTok.
    pub(crate) batch: f64,
    /// Whether a repeated click is recognised, and costs no write.
    pub(crate) reuse: bool,
}

/// Microseconds of CPU.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub(crate) struct Cpu {
    pub(crate) new_click: f64,
    pub(crate) repeated_click: f64,
    /// With the ledger and the delivery.
    pub(crate) postback: f64,
}

/// Dollars.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub(crate) struct Bill {
    pub(crate) requests: f64,
    pub(crate) cpu: f64,
    /// Reads and writes.
    pub(crate) kv: f64,
    pub(crate) kv_storage: f64,
    pub(crate) ledger: f64,
    pub(crate) logs: f64,
    pub(crate) total: f64,
}

impl Month {
    /// Traffic as it is assumed.
    pub(crate) fn typical(clicks: f64) -> Self {
        // An event, and those that come while it waits.
        let batch = 1.0 + clicks * CONVERSIONS / SECONDS * GATHERING;
        Self { clicks, repeated: REPEATED, conversions: CONVERSIONS, batch, reuse: true }
    }

    /// What it costs.
    pub(crate) fn bill(&self, cpu: &Cpu) -> Bill {
        let conversions = self.clicks * self.conversions;
        let deliveries = conversions / self.batch;
        let repeated = if self.reuse { self.clicks * self.repeated } else { 0.0 };
        let new = self.clicks - repeated;
        let reports = self.clicks.min(SECONDS / REPORT_EVERY);
        let asked = self.clicks + conversions;

        let cpu_us =
            new * cpu.new_click + repeated * cpu.repeated_click + conversions * cpu.postback;
        let written =
            conversions * ROWS_OF_EVENT + deliveries * ROWS_OF_DELIVERY + reports * ROWS_OF_REPORT;
        // One shard that never sleeps.
        let awake = SECONDS * OBJECT_GIGABYTES;

        let requests = REQUESTS.of(asked);
        let cpu = CPU_MS.of(cpu_us / 1e3);
        let kv = KV_WRITES.of(new) + KV_READS.of(conversions);
        let kv_storage = KV_KILOBYTES.of(new * RECORD / 1e3);
        let ledger = OBJECT_REQUESTS.of(conversions + deliveries + reports)
            + OBJECT_GIGABYTE_SECONDS.of(awake)
            + ROWS_WRITTEN.of(written)
            + ROWS_READ.of(conversions * ROWS_READ_OF_EVENT);
        let logs = LOGS.of(asked);
        let total = PLAN + requests + cpu + kv + kv_storage + ledger + logs;
        Bill { requests, cpu, kv, kv_storage, ledger, logs, total }
    }
}

/// The bill of a month, and what it would be without what saves.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Estimate {
    pub(crate) month: Month,
    pub(crate) bill: Bill,
    /// Dollars that batches save against one request for each event: between two whole bills, so
    /// nothing where the plan includes both.
    pub(crate) saved_by_batches: f64,
    /// Dollars that recognising repeated clicks saves, likewise.
    pub(crate) saved_by_reuse: f64,
}

/// 1, 10 and 100 million clicks.
pub(crate) fn estimates(cpu: &Cpu) -> Vec<Estimate> {
    let estimate = |clicks| {
        let month = Month::typical(clicks);
        let bill = month.bill(cpu);
        let without = |month: Month| month.bill(cpu).total - bill.total;
        Estimate {
            month,
            bill,
            saved_by_batches: without(Month { batch: 1.0, ..month }),
            saved_by_reuse: without(Month { reuse: false, ..month }),
        }
    };
    [1e6, 10e6, 100e6].map(estimate).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CPU: Cpu = Cpu { new_click: 100.0, repeated_click: 50.0, postback: 1_000.0 };

    fn near(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-4, "{found} is not {expected}");
    }

    #[test]
    fn bills() {
        // Clicks, events in a batch; requests, KV, its storage, ledger, logs, all with the plan.
        let rows = [
            (1e6, 1.002315, [0.0, 0.0, 0.0, 0.0, 0.0, 5.0]),
            // 300,000 beyond; 8 M writes; 8 GB; 300,000 + 293,213 + 648,000 requests.
            (10e6, 1.023148, [0.09, 40.0, 4.0, 0.036182, 0.0, 49.126182]),
            // 93 M beyond; 89 M writes; 89 GB; 3 M + 2,436,090 + 648,000 requests; 83 M lines.
            (100e6, 1.231481, [27.9, 445.0, 44.5, 0.762614, 49.8, 572.962614]),
        ];
        let estimates = estimates(&CPU);
        assert_eq!(estimates.len(), rows.len());
        for (Estimate { month, bill, .. }, (clicks, batch, dollars)) in estimates.iter().zip(rows) {
            near(month.clicks, clicks);
            near(month.batch, batch);
            let Bill { requests, cpu, kv, kv_storage, ledger, logs, total } = *bill;
            // 12.5 M ms at most, and 30 M are included.
            near(cpu, 0.0);
            let found = [requests, kv, kv_storage, ledger, logs, total];
            found.into_iter().zip(dollars).for_each(|(found, expected)| near(found, expected));
        }
    }

    #[test]
    fn what_is_beyond_is_paid() {
        // 10 M conversions, each by itself: 80 M rows for events, 30 M for deliveries, reports.
        let month =
            Month { clicks: 10e6, repeated: 0.0, conversions: 1.0, batch: 1.0, reuse: true };
        let dear = Cpu { postback: 10_000.0, ..CPU };
        let bill = month.bill(&dear);
        near(bill.ledger, (80.0 + 30.0 + 0.648 - 50.0) + (20.648 - 1.0) * 0.15);
        // 1 M ms for clicks, 100 M ms for postbacks.
        near(bill.cpu, 71.0 * 0.02);
    }

    #[test]
    fn savings_are_between_whole_bills() {
        let all = estimates(&CPU);
        // 100,000 writes and 0.1 GB, and 1 M of each are included.
        near(all[0].saved_by_reuse, 0.0);
        near(all[0].saved_by_batches, 0.0);
        near(all[1].saved_by_reuse, 5.0 + 0.5);
        // 563,910 requests; 33.6 M rows are included.
        near(all[2].saved_by_batches, 0.56391 * 0.15);
    }
}
