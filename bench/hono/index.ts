// The same job as Clickjoin, written on Hono as a good engineer would write it: what it is measured
// against. Routes only; the work is in capture.ts, postback.ts and ledger.ts.
import { Hono } from "hono";
import { capture } from "./capture.ts";
import type { Env } from "./config.ts";
import { postback } from "./postback.ts";

export { Ledger } from "./ledger.ts";

const app = new Hono<{ Bindings: Env }>();

app.get("/c/:campaign", capture);
app.on(["GET", "POST"], "/postback/:source", postback);
app.get("/healthz", (c) => c.json({ status: "ok" }));

export default app;
