// GET /c/:campaign: redirects to the landing page and keeps the click in KV behind the answer.
import type { Context } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import type { Campaign, Env } from "./config.ts";
import { decode, present } from "./text.ts";

const DAY = 86_400;
const COOKIE = "cj";
const COOKIE_OPTIONS = {
  path: "/",
  maxAge: 30 * DAY,
  secure: true,
  httpOnly: true,
  sameSite: "Lax",
} as const;
const PREVIEWER =
  /thirdlandingpagefeinfra|tiktokspider|bytespider|facebookexternalhit|facebot|twitterbot|linkedinbot|slackbot|slack-imgproxy|telegrambot|whatsapp\/|discordbot|skypeuripreview|pinterestbot|redditbot|applebot|googlebot|adsbot-google|bingbot|embedly|iframely/i;
const MAX_TTCLID = 1_000;

export interface ClickRecord {
  v: 1;
  campaign: string;
  clicked_at: number;
  ttclid?: string;
  ttp?: string;
  ip?: string;
  user_agent?: string;
  country?: string;
  locale?: string;
  landing_url: string;
  referrer?: string;
  params?: string;
  ad?: Record<string, string>;
}

export function clickKey(id: string): string {
  return `click:${id}`;
}

export function capture(c: Context<{ Bindings: Env }, "/c/:campaign">): Response {
  const name = c.req.param("campaign");
  const campaign = c.env.CONFIG.campaigns[name];
  if (!campaign) return c.text("No such campaign.", 404);

  const params = parse(c.req.url);
  const ttclid = present(valueOf(params, "ttclid"));
  const usable = ttclid !== undefined && ttclid.length <= MAX_TTCLID;

  c.header("cache-control", "no-store");
  c.header("x-robots-tag", "noindex");
  if (isAutomatic(c)) return c.redirect(location(campaign, params, newId()), 302);

  const known = readCookie(getCookie(c, COOKIE));
  const mark = fingerprint(`${name}\n${usable ? ttclid : ""}`);
  if (!usable) {
    const id = known?.id ?? newId();
    if (!known) setCookie(c, COOKIE, `${id}.${mark}`, COOKIE_OPTIONS);
    return c.redirect(location(campaign, params, id), 302);
  }
  const isRepeat = known?.mark === mark;
  const id = isRepeat ? known.id : newId();
  const landingUrl = location(campaign, params, id);
  setCookie(c, COOKIE, `${id}.${mark}`, COOKIE_OPTIONS);
  if (!isRepeat) {
    const click = record(c, name, ttclid, params, landingUrl);
    const ttl = c.env.CONFIG.click_ttl_days * DAY;
    c.executionCtx.waitUntil(
      c.env.CLICKS.put(clickKey(id), JSON.stringify(click), { expirationTtl: ttl }),
    );
  }
  return c.redirect(landingUrl, 302);
}

/** A segment of a query string: its decoded name, and the whole as it came. */
interface Param {
  name: string;
  raw: string;
}

function parse(url: string): Param[] {
  const start = url.indexOf("?");
  return start < 0 ? [] : segments(url.slice(start + 1));
}

function segments(query: string): Param[] {
  const params: Param[] = [];
  for (const raw of query.split("&")) {
    if (raw === "") continue;
    const cut = raw.indexOf("=");
    params.push({ name: decode(cut < 0 ? raw : raw.slice(0, cut)), raw });
  }
  return params;
}

function valueOf(params: Param[], name: string): string | undefined {
  const raw = params.find((param) => param.name === name)?.raw;
  if (raw === undefined) return undefined;
  const cut = raw.indexOf("=");
  return cut < 0 ? "" : decode(raw.slice(cut + 1));
}

interface Destination {
  base: string;
  own: Param[];
  names: Set<string>;
  hash: string;
}

// Destinations never change while the Worker runs: each is taken apart once.
const destinations = new Map<string, Destination>();

function destinationOf(address: string): Destination {
  let found = destinations.get(address);
  if (!found) {
    const url = new URL(address);
    const own = segments(url.search.slice(1)).filter(({ name }) => name !== "click_id");
    const names = new Set(own.map(({ name }) => name));
    found = { base: url.origin + url.pathname, own, names, hash: url.hash };
    destinations.set(address, found);
  }
  return found;
}

/** The destination's own parameters, the visitor's behind them byte for byte, and the click id. */
function location(campaign: Campaign, params: Param[], id: string): string {
  const { base, own, names, hash } = destinationOf(campaign.destination);
  const hasTtclid = params.some(({ name }) => name === "ttclid");
  let search = "";
  for (const { name, raw } of own) {
    if (name !== "ttclid" || !hasTtclid) search += `${raw}&`;
  }
  for (const { name, raw } of params) {
    if (name === "ttclid" || (name !== "click_id" && !names.has(name))) search += `${raw}&`;
  }
  return `${base}?${search}click_id=${id}${hash}`;
}

function isAutomatic(c: Context): boolean {
  if (c.req.method === "HEAD") return true;
  const purpose = c.req.header("sec-purpose") ?? c.req.header("purpose") ?? c.req.header("x-moz");
  if (purpose && /prefetch|prerender|preview/i.test(purpose)) return true;
  return PREVIEWER.test(c.req.header("user-agent") ?? "");
}

function record(
  c: Context,
  campaign: string,
  ttclid: string,
  params: Param[],
  landingUrl: string,
): ClickRecord {
  const others = params.filter(({ name }) => name !== "ttclid").map(({ raw }) => raw);
  const ad: Record<string, string> = {};
  for (const name of ["campaign_id", "aid", "cid", "placement"]) {
    const id = present(valueOf(params, name));
    if (id !== undefined && id.length <= 128) ad[name] = id;
  }
  const click: ClickRecord = {
    v: 1,
    campaign,
    clicked_at: Date.now(),
    ttclid,
    ttp: small(present(getCookie(c, "_ttp"))),
    ip: small(c.req.header("cf-connecting-ip")),
    user_agent: capped(c.req.header("user-agent"), 1_024),
    country: capped(c.req.header("cf-ipcountry"), 2),
    locale: small(c.req.header("accept-language")?.split(/[,;]/, 1)[0]?.trim()),
    landing_url: landingUrl,
    referrer: capped(c.req.header("referer"), 4_096),
  };
  if (others.length > 0) click.params = others.join("&");
  if (Object.keys(ad).length > 0) click.ad = ad;
  return click;
}

function capped(text: string | undefined, max: number): string | undefined {
  return text && text.length <= max ? text : undefined;
}

function small(text: string | undefined): string | undefined {
  return capped(text, 128);
}

function newId(): string {
  return crypto.randomUUID().replaceAll("-", "");
}

function readCookie(cookie: string | undefined): { id: string; mark: string } | undefined {
  const found = cookie?.match(/^([0-9a-f]{32})\.(.+)$/);
  return found ? { id: found[1]!, mark: found[2]! } : undefined;
}

/** Tells a visitor's own clicks apart (cyrb53). Not a secret: WebCrypto's hash would make us wait. */
function fingerprint(text: string): string {
  let a = 0xdeadbeef;
  let b = 0x41c6ce57;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    a = Math.imul(a ^ code, 2654435761);
    b = Math.imul(b ^ code, 1597334677);
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909);
  return (4294967296 * (2097151 & b) + (a >>> 0)).toString(36);
}
