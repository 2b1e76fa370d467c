// The ledger: a Durable Object whose SQLite keeps, dedupes and delivers events in batches.
import { DurableObject } from "cloudflare:workers";
import { type Env, secret } from "./config.ts";

const BATCH_EVENTS = 1_000;
const BATCH_BYTES = 524_288;
const TIMEOUT_MS = 10_000;
const FIRST_RETRY_MS = 5_000;
const LAST_RETRY_MS = 3_600_000;
const GIVE_UP_MS = 72 * 3_600_000;

export interface Submission {
  source: string;
  transactionId?: string;
  clickId?: string;
  matchedBy: "click_id" | "ttclid" | "none";
  pixel: string;
  event: string;
  eventId: string;
  payload: string;
}

export interface Submitted {
  status: "accepted" | "duplicate";
}

type Row = { id: number; attempts: number; created_at: number; payload: string };

export class Ledger extends DurableObject<Env> {
  private readonly sql: SqlStorage;
  /** When the alarm is set for, as far as this instance knows; spares a read for each postback. */
  private alarmAt: number | undefined;

  constructor(state: DurableObjectState, env: Env) {
    super(state, env);
    this.sql = state.storage.sql;
    this.sql.exec(`
      CREATE TABLE IF NOT EXISTS events (
        id INTEGER PRIMARY KEY,
        pixel TEXT NOT NULL, event TEXT NOT NULL, event_id TEXT NOT NULL,
        state TEXT NOT NULL, due INTEGER, attempts INTEGER NOT NULL DEFAULT 0,
        created_at INTEGER NOT NULL, finished_at INTEGER, code INTEGER, message TEXT,
        source TEXT NOT NULL, transaction_id TEXT, click_id TEXT, matched_by TEXT NOT NULL,
        payload TEXT NOT NULL
      );
      CREATE UNIQUE INDEX IF NOT EXISTS once ON events (event_id, event, pixel);
      CREATE INDEX IF NOT EXISTS due ON events (pixel, due) WHERE due IS NOT NULL;
      CREATE TABLE IF NOT EXISTS leads (
        source TEXT NOT NULL, transaction_id TEXT NOT NULL, click_id TEXT, newest INTEGER NOT NULL,
        PRIMARY KEY (source, transaction_id)
      ) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS counts (
        day INTEGER NOT NULL, pixel TEXT NOT NULL, state TEXT NOT NULL, count INTEGER NOT NULL,
        PRIMARY KEY (day, pixel, state)
      ) WITHOUT ROWID;
    `);
  }

  /** Stores an event once. Statements with no await between them are committed together. */
  submit(s: Submission): Submitted {
    const now = Date.now();
    const inserted = this.sql.exec(
      `INSERT INTO events (pixel, event, event_id, state, due, created_at, source, transaction_id,
                           click_id, matched_by, payload)
       VALUES (?, ?, ?, 'queued', ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (event_id, event, pixel) DO NOTHING`,
      s.pixel, s.event, s.eventId, now, now, s.source, s.transactionId ?? null,
      s.clickId ?? null, s.matchedBy, s.payload,
    );
    if (inserted.rowsWritten === 0) return { status: "duplicate" };
    if (s.transactionId !== undefined) {
      this.sql.exec(
        `INSERT INTO leads (source, transaction_id, click_id, newest) VALUES (?, ?, ?, ?)
         ON CONFLICT (source, transaction_id)
         DO UPDATE SET click_id = coalesce(excluded.click_id, click_id), newest = excluded.newest`,
        s.source, s.transactionId, s.clickId ?? null, now,
      );
    }
    this.wakeAt(now);
    return { status: "accepted" };
  }

  override async alarm(): Promise<void> {
    this.alarmAt = undefined;
    const pixels = this.sql
      .exec<{ pixel: string }>("SELECT DISTINCT pixel FROM events WHERE due <= ?", Date.now())
      .toArray();
    for (const { pixel } of pixels) {
      while (await this.deliver(pixel));
    }
    const next = this.sql.exec<{ due: number | null }>("SELECT min(due) AS due FROM events WHERE due IS NOT NULL").one();
    if (next.due !== null) this.wakeAt(next.due);
  }

  private wakeAt(time: number): void {
    if (this.alarmAt !== undefined && this.alarmAt <= time) return;
    this.alarmAt = time;
    void this.ctx.storage.setAlarm(time);
  }

  /** Sends one batch; whether there may be another one right away. */
  private async deliver(pixel: string): Promise<boolean> {
    const rows: Row[] = [];
    let bytes = 0;
    const due = this.sql.exec<Row>(
      `SELECT id, attempts, created_at, payload FROM events
       WHERE pixel = ? AND due <= ? ORDER BY due LIMIT ?`,
      pixel, Date.now(), BATCH_EVENTS,
    );
    for (const row of due) {
      bytes += row.payload.length + 1;
      if (bytes > BATCH_BYTES && rows.length > 0) break;
      rows.push(row);
    }
    if (rows.length === 0) return false;
    const { retry, code, message } = await this.send(pixel, rows);
    if (retry) this.retryLater(rows, code, message);
    else if (code === 0 || code === 20001) this.finish(pixel, rows, "delivered", code, message);
    else if (rows.length === 1) this.finish(pixel, rows, "rejected", code, message);
    else return this.split(pixel, rows);
    return !retry;
  }

  private async send(
    pixel: string,
    rows: Row[],
  ): Promise<{ retry: boolean; code: number; message: string }> {
    const settings = this.env.CONFIG.pixels[pixel];
    if (!settings) return { retry: true, code: -1, message: "no such pixel" };
    const { event_source, event_source_id, access_token } = settings;
    // The payloads are JSON already.
    const head = JSON.stringify({ event_source, event_source_id }).slice(0, -1);
    const body = `${head},"data":[${rows.map((row) => row.payload).join(",")}]}`;
    try {
      const answer = await fetch(`${this.env.CONFIG.tiktok_api_base}/open_api/v1.3/event/track/`, {
        method: "POST",
        headers: { "content-type": "application/json", "access-token": secret(this.env, access_token) },
        body,
        redirect: "manual",
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      const { code, message } = await answer.json<{ code: number; message: string }>();
      return { retry: code === 40100 || code === 40105 || code >= 50_000, code, message };
    } catch {
      return { retry: true, code: -1, message: "no answer" };
    }
  }

  private finish(pixel: string, rows: Row[], state: string, code: number, message: string): void {
    const now = Date.now();
    this.sql.exec(
      `UPDATE events SET state = ?, due = NULL, attempts = attempts + 1, finished_at = ?, code = ?, message = ?
       WHERE id IN (SELECT value FROM json_each(?))`,
      state, now, code, message, JSON.stringify(rows.map((row) => row.id)),
    );
    this.sql.exec(
      `INSERT INTO counts (day, pixel, state, count) VALUES (?, ?, ?, ?)
       ON CONFLICT (day, pixel, state) DO UPDATE SET count = count + excluded.count`,
      Math.floor(now / 86_400_000), pixel, state, rows.length,
    );
  }

  private retryLater(rows: Row[], code: number, message: string): void {
    const now = Date.now();
    for (const row of rows) {
      const delay = Math.min(FIRST_RETRY_MS * 2 ** row.attempts, LAST_RETRY_MS);
      const jittered = Math.round(delay * (0.8 + Math.random() * 0.4));
      const expired = now - row.created_at > GIVE_UP_MS;
      this.sql.exec(
        "UPDATE events SET state = ?, due = ?, attempts = attempts + 1, code = ?, message = ? WHERE id = ?",
        expired ? "expired" : "retry", expired ? null : now + jittered, code, message, row.id,
      );
    }
  }

  /** One bad event refuses a whole batch: each is sent alone to find it. */
  private async split(pixel: string, rows: Row[]): Promise<boolean> {
    for (const row of rows) {
      const { retry, code, message } = await this.send(pixel, [row]);
      if (retry) this.retryLater([row], code, message);
      else this.finish(pixel, [row], code === 0 ? "delivered" : "rejected", code, message);
    }
    return true;
  }
}
