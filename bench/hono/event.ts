// An event as TikTok's Events API takes it.
import type { ClickRecord } from "./capture.ts";
import * as identity from "./identity.ts";

export interface TikTokEvent {
  event: string;
  event_time: number;
  event_id: string;
  user: Record<string, string>;
  page?: { url: string; referrer?: string };
  properties?: Record<string, unknown>;
}

const FUTURE_SECONDS = 600;

export class Rejected extends Error {
  constructor(
    readonly field: string,
    reason: string,
  ) {
    super(reason);
  }
}

export interface Person {
  email?: string;
  phone?: string;
  external_id?: string;
  first_name?: string;
  last_name?: string;
  zip_code?: string;
}

/** Hashes what must be hashed, all at once. */
export async function hashPerson(
  values: Record<string, string>,
  country: string | undefined,
): Promise<Person> {
  const [email, phone, external_id, first_name, last_name, zip_code] = await Promise.all([
    identity.hash(values.email, identity.email),
    identity.hash(values.phone, (value) => identity.phone(value, country)),
    identity.hash(values.external_id, (value) => value.trim()),
    identity.hash(values.first_name, identity.name),
    identity.hash(values.last_name, identity.name),
    identity.hash(values.zip_code, (value) => identity.zip(value, country)),
  ]);
  return { email, phone, external_id, first_name, last_name, zip_code };
}

export function build(
  name: string,
  eventId: string,
  values: Record<string, string>,
  person: Person,
  click: ClickRecord | null,
  currency: string | undefined,
  maxAgeDays: number,
): TikTokEvent {
  const url = values.page_url ?? click?.landing_url;
  if (url === undefined) throw new Rejected("page_url", "a web event needs a page");
  const user = {
    ...person,
    city: identity.place(values.city),
    state: identity.place(values.state),
    country: (values.country ?? click?.country)?.toLowerCase(),
    ttclid: values.ttclid ?? click?.ttclid,
    ttp: values.ttp ?? click?.ttp,
    ip: values.ip ?? click?.ip,
    user_agent: values.user_agent ?? click?.user_agent,
    locale: values.locale ?? click?.locale,
  };
  const event: TikTokEvent = {
    event: name,
    event_time: eventTime(values.event_time, maxAgeDays),
    event_id: eventId,
    user: compact(user) as Record<string, string>,
    page: compact({ url, referrer: values.page_referrer ?? click?.referrer }) as TikTokEvent["page"],
  };
  const content = contents(values);
  const properties = compact({
    value: amount(values.value),
    currency: values.value === undefined ? undefined : (values.currency ?? currency)?.toUpperCase(),
    content_type: values.content_type ?? (content && "product"),
    content_ids: values.content_id === undefined ? undefined : [values.content_id],
    contents: content,
    description: values.description,
    order_id: values.order_id,
  });
  if (Object.keys(properties).length > 0) event.properties = properties;
  return event;
}

function contents(values: Record<string, string>): unknown[] | undefined {
  const content = compact({
    content_id: values.content_id,
    content_name: values.content_name,
    content_category: values.content_category,
  });
  return Object.keys(content).length > 0 ? [content] : undefined;
}

function amount(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text.replace(/[$€£,\s]/g, ""));
  if (!Number.isFinite(value)) throw new Rejected("value", "not a number");
  return value;
}

/** Unix seconds, milliseconds, or a date and time in UTC; now where there is none. */
function eventTime(text: string | undefined, maxAgeDays: number): number {
  const now = Math.floor(Date.now() / 1_000);
  if (text === undefined) return now;
  let seconds: number;
  if (/^\d+$/.test(text)) {
    const number = Number(text);
    seconds = number > 1e11 ? Math.floor(number / 1_000) : number;
  } else {
    const iso = text.includes("T") ? text : `${text.replace(" ", "T")}Z`;
    seconds = Math.floor(Date.parse(iso) / 1_000);
  }
  if (!Number.isFinite(seconds)) throw new Rejected("event_time", "not a time");
  if (seconds > now + FUTURE_SECONDS) throw new Rejected("event_time", "in the future");
  if (maxAgeDays > 0 && seconds < now - maxAgeDays * 86_400) {
    throw new Rejected("event_time", "too old");
  }
  return Math.min(seconds, now);
}

function compact<T extends object>(object: T): Partial<T> {
  const result: Partial<T> = {};
  for (const key in object) {
    if (object[key] !== undefined) result[key] = object[key];
  }
  return result;
}
