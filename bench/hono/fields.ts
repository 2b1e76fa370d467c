// A postback's fields: from JSON, a form or the query to one record of canonical names.
import type { Context } from "hono";
import { present } from "./text.ts";

const MAX_BODY_BYTES = 65_536;

const ALIASES: Record<string, string> = {
  event: "event",
  trigger: "trigger",
  transaction_id: "transaction_id",
  event_id: "event_id",
  offer_id: "offer_id",
  buyer_id: "buyer_id",
  click_id: "click_id",
  ttclid: "ttclid",
  ttp: "ttp",
  email: "email",
  phone: "phone",
  mobile: "phone",
  external_id: "external_id",
  first_name: "first_name",
  last_name: "last_name",
  zip_code: "zip_code",
  city: "city",
  state: "state",
  country: "country",
  locale: "locale",
  ip: "ip",
  user_agent: "user_agent",
  event_time: "event_time",
  utc_timestamp: "event_time",
  value: "value",
  revenue: "value",
  currency: "currency",
  content_type: "content_type",
  content_id: "content_id",
  content_name: "content_name",
  content_category: "content_category",
  order_id: "order_id",
  description: "description",
  page_url: "page_url",
  page_referrer: "page_referrer",
  token: "token",
};

export interface Fields {
  values: Record<string, string>;
  warnings: { field: string; reason: string }[];
}

export class BadBody extends Error {
  constructor(
    readonly status: 400 | 413 | 415,
    message: string,
  ) {
    super(message);
  }
}

export async function readFields(c: Context): Promise<Fields> {
  const fields: Fields = { values: {}, warnings: [] };
  // The body wins over the query.
  add(fields, c.req.query());
  if (c.req.method === "POST") add(fields, await readBody(c));
  return fields;
}

async function readBody(c: Context): Promise<Record<string, unknown>> {
  const length = Number(c.req.header("content-length") ?? 0);
  if (length > MAX_BODY_BYTES) throw new BadBody(413, "larger than 64 KiB");
  const text = await c.req.text();
  if (text.length > MAX_BODY_BYTES) throw new BadBody(413, "larger than 64 KiB");
  const type = c.req.header("content-type") ?? "";
  if (text === "") return {};
  if (type.includes("json")) {
    try {
      const body: unknown = JSON.parse(text);
      if (typeof body === "object" && body !== null && !Array.isArray(body)) {
        return body as Record<string, unknown>;
      }
    } catch {}
    throw new BadBody(400, "not a JSON object");
  }
  if (type.includes("urlencoded")) return Object.fromEntries(new URLSearchParams(text));
  throw new BadBody(415, "neither JSON nor a form");
}

function add(fields: Fields, values: Record<string, unknown>): void {
  for (const [key, raw] of Object.entries(values)) {
    const name = ALIASES[key.toLowerCase()];
    if (name === undefined) {
      fields.warnings.push({ field: key, reason: "unknown field" });
      continue;
    }
    const value = present(raw);
    if (value === undefined) fields.warnings.push({ field: key, reason: "has no value" });
    else fields.values[name] = value;
  }
}
