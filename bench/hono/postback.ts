import type { Context } from "hono";
import type { Env } from "./config.ts";
export async function postback(c: Context<{ Bindings: Env }, "/postback/:source">): Promise<Response> { return c.text("later", 404); }
