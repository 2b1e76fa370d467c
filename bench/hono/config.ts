// The Worker's bindings and the part of Clickjoin's configuration that this Worker reads: both are
// given the same CONFIG, so that both do the same job.
import type { Ledger } from "./ledger.ts";

export interface Pixel {
  event_source: "web" | "offline" | "crm";
  event_source_id: string;
  access_token: string;
}

export interface Campaign {
  destination: string;
  pixel?: string;
}

export interface Source {
  pixel?: string;
  token: string;
  currency?: string;
  country?: string;
  events?: Record<string, string>;
}

export interface Config {
  tiktok_api_base: string;
  click_ttl_days: number;
  max_event_age_days: number;
  pixels: Record<string, Pixel>;
  campaigns: Record<string, Campaign>;
  sources: Record<string, Source>;
}

export interface Env {
  CONFIG: Config;
  CLICKS: KVNamespace;
  LEDGER: DurableObjectNamespace<Ledger>;
}

/** A secret by the name that the configuration gives it. */
export function secret(env: Env, name: string): string {
  const value = (env as unknown as Record<string, unknown>)[name];
  if (typeof value !== "string" || value === "") throw new Error(`the secret ${name} is not set`);
  return value;
}
