//! What a month costs at Cloudflare: list prices of the paid plan, and the CPU that was measured.
//!
//! The CPU here is all that workerd used, HTTP and stand-ins included, and Cloudflare bills the
//! isolate's share of it only: the estimate is on the safe side. What the plan includes besides the
//! first ten million requests is left out, which makes it safer still.

use serde::Serialize;

/// A month's fee.
pub(crate) const PLAN: f64 = 5.0;
/// Requests that the fee includes.
const INCLUDED_REQUESTS: f64 = 10e6;
/// Dollars for a million of each.
const WORKER_REQUESTS: f64 = 0.30;
const CPU_MS: f64 = 0.02;
const KV_WRITES: f64 = 5.00;
const KV_READS: f64 = 0.50;
const OBJECT_REQUESTS: f64 = 0.15;
const ROWS_WRITTEN: f64 = 1.00;
const ROWS_READ: f64 = 0.001;

/// Rows that an event writes in the ledger: itself, its entry in the index that dedupes, its lead, and
/// itself again when it is delivered. See `src/ledger/store/schema.rs`.
const ROWS_OF_EVENT: f64 = 4.0;
/// Rows that a delivery writes however many events it has: the alarm, and the day's tally.
const ROWS_OF_DELIVERY: f64 = 2.0;
/// Rows that an event reads: dedupe and lead when it comes, the batch and its payload when it leaves.
const ROWS_READ_OF_EVENT: f64 = 6.0;

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
    pub(crate) kv: f64,
    pub(crate) ledger: f64,
    pub(crate) total: f64,
}

impl Month {
    /// Traffic as advertisers have it: one click in ten is repeated, three in a hundred convert.
    pub(crate) fn typical(clicks: f64) -> Self {
        Self { clicks, repeated: 0.10, conversions: 0.03, batch: 20.0, reuse: true }
    }

    /// What it costs.
    pub(crate) fn bill(&self, cpu: &Cpu) -> Bill {
        let conversions = self.clicks * self.conversions;
        let deliveries = conversions / self.batch;
        let repeated = if self.reuse { self.clicks * self.repeated } else { 0.0 };
        let new = self.clicks - repeated;

        let requests = (self.clicks + conversions - INCLUDED_REQUESTS).max(0.0) * WORKER_REQUESTS;
        let cpu_us =
            new * cpu.new_click + repeated * cpu.repeated_click + conversions * cpu.postback;
        let cpu = cpu_us / 1e3 * CPU_MS;
        let kv = new * KV_WRITES + conversions * KV_READS;
        let ledger = (conversions + deliveries) * OBJECT_REQUESTS
            + (conversions * ROWS_OF_EVENT + deliveries * ROWS_OF_DELIVERY) * ROWS_WRITTEN
            + conversions * ROWS_READ_OF_EVENT * ROWS_READ;
        let [requests, cpu, kv, ledger] =
            [requests, cpu, kv, ledger].map(|millions| millions / 1e6);
        Bill { requests, cpu, kv, ledger, total: PLAN + requests + cpu + kv + ledger }
    }
}

/// The bill of a month, and what it would be without what saves.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Estimate {
    pub(crate) month: Month,
    pub(crate) bill: Bill,
    /// Dollars that batches save against one request for each event.
    pub(crate) saved_by_batches: f64,
    /// Dollars that recognising repeated clicks saves.
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
        assert!((found - expected).abs() < 1e-6, "{found} is not {expected}");
    }

    #[test]
    fn clicks_alone_cost_their_writes() {
        let month = Month { clicks: 1e6, repeated: 0.0, conversions: 0.0, batch: 1.0, reuse: true };
        let bill = month.bill(&CPU);
        // 1 M × 0.1 ms = 100,000 ms.
        near(bill.cpu, 0.002);
        near(bill.kv, 5.0);
        near(bill.requests, 0.0);
        near(bill.ledger, 0.0);
        near(bill.total, 10.002);
    }

    #[test]
    fn requests_are_paid_beyond_ten_million() {
        let month =
            Month { clicks: 12e6, repeated: 0.0, conversions: 0.0, batch: 1.0, reuse: true };
        near(month.bill(&CPU).requests, 0.60);
    }

    #[test]
    fn a_million_conversions() {
        let month =
            Month { clicks: 1e6, repeated: 1.0, conversions: 1.0, batch: 1_000.0, reuse: true };
        let bill = month.bill(&CPU);
        near(bill.kv, 0.50);
        // 1,001,000 requests, 4,002,000 rows written, 6 M read.
        near(bill.ledger, 0.15015 + 4.002 + 0.006);
        near(bill.cpu, (0.05 + 1.0) * 0.02);
    }

    #[test]
    fn savings() {
        let all = estimates(&CPU);
        assert_eq!(all.len(), 3);
        // A tenth of a million writes, and the CPU of a new click instead of a repeated one.
        near(all[0].saved_by_reuse, 0.50 + 0.1 * 0.05 * 0.02);
        // 30,000 conversions: 28,500 deliveries fewer, each a request and two rows.
        near(all[0].saved_by_batches, 0.0285 * (0.15 + 2.0));
    }
}
