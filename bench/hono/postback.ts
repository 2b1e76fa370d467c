// GET|POST /postback/:source: a lead platform reports a conversion. It is answered after the ledger
// has stored the event.
import type { Context } from "hono";
import { type ClickRecord, clickKey } from "./capture.ts";
import { type Env, secret } from "./config.ts";
import { build, hashPerson, Rejected } from "./event.ts";
import { BadBody, type Fields, readFields } from "./fields.ts";
import { isSame } from "./identity.ts";
import type { Submitted } from "./ledger.ts";

const DEFAULT_EVENTS: Record<string, string> = {
  form_submit: "Lead",
  lead_sold: "Purchase",
  offer_click: "ViewContent",
  offer_conversion: "CompleteRegistration",
};
/** These happen more than once to one lead. */
const REPEATING = new Set(["offer_click", "offer_conversion", "buyer_event"]);
const CLICK_ID = /^[0-9a-f]{32}$/i;

export async function postback(
  c: Context<{ Bindings: Env }, "/postback/:source">,
): Promise<Response> {
  const config = c.env.CONFIG;
  const name = c.req.param("source");
  const source = config.sources[name];
  if (!source) return c.json({ status: "error", reason: "no such source" }, 404);

  let fields: Fields;
  try {
    fields = await readFields(c);
  } catch (error) {
    if (error instanceof BadBody) {
      return c.json({ status: "error", reason: error.message }, error.status);
    }
    throw error;
  }
  const { values, warnings } = fields;

  const bearer = c.req.header("authorization")?.match(/^Bearer (.+)$/i)?.[1];
  const token = bearer ?? values.token ?? "";
  if (!(await isSame(token, secret(c.env, source.token)))) {
    return c.json({ status: "error", reason: "wrong or missing token" }, 401);
  }

  const trigger = values.trigger ?? "";
  const event = values.event ?? source.events?.[trigger] ?? DEFAULT_EVENTS[trigger];
  if (event === undefined) return rejected(c, "trigger", "no event for this trigger");
  const eventId = eventIdOf(values, trigger);
  if (eventId === undefined) return rejected(c, "transaction_id", "no transaction_id or event_id");

  const country = (values.country ?? source.country)?.toLowerCase();
  const clickId = values.click_id && CLICK_ID.test(values.click_id) ? values.click_id.toLowerCase() : undefined;
  // KV is read while the hashes are made.
  const [click, person] = await Promise.all([
    clickId ? c.env.CLICKS.get<ClickRecord>(clickKey(clickId), "json") : null,
    hashPerson(values, country),
  ]);

  const pixel = source.pixel ?? config.campaigns[click?.campaign ?? ""]?.pixel;
  if (pixel === undefined) return rejected(c, "pixel", "no pixel");
  let submitted: Submitted;
  try {
    const built = build(event, eventId, values, person, click, source.currency, config.max_event_age_days);
    const ledger = c.env.LEDGER.getByName("ledger-0");
    submitted = await ledger.submit({
      source: name,
      transactionId: values.transaction_id,
      clickId,
      matchedBy: click ? "click_id" : built.user.ttclid ? "ttclid" : "none",
      pixel,
      event,
      eventId,
      payload: JSON.stringify(built),
    });
  } catch (error) {
    if (error instanceof Rejected) return rejected(c, error.field, error.message);
    console.error("postback", error instanceof Error ? error.name : "error");
    return c.json({ status: "error", reason: "nothing was stored, send it again" }, 503);
  }
  console.log(JSON.stringify({ log: "postback", source: name, http: 200, status: submitted.status }));
  return c.json({
    status: submitted.status,
    event,
    event_id: eventId,
    match: click ? "click_id" : "none",
    warnings,
  });
}

function eventIdOf(values: Record<string, string>, trigger: string): string | undefined {
  if (values.event_id !== undefined) return values.event_id;
  const id = values.transaction_id;
  const part = values.offer_id ?? values.buyer_id;
  return id !== undefined && part !== undefined && REPEATING.has(trigger) ? `${id}-${part}` : id;
}

function rejected(c: Context, field: string, reason: string): Response {
  return c.json({ status: "rejected", field, reason }, 422);
}
