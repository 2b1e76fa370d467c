// The least a postback can do: its body becomes a row in a SQLite Durable Object. No authentication,
// no parsing, no hashing, no join, no deduplication, no delivery.
import { DurableObject } from "cloudflare:workers";

export class Ledger extends DurableObject {
  constructor(state, env) {
    super(state, env);
    this.sql = state.storage.sql;
    this.sql.exec("CREATE TABLE IF NOT EXISTS events (id INTEGER PRIMARY KEY, body TEXT NOT NULL)");
  }

  insert(body) {
    this.sql.exec("INSERT INTO events (body) VALUES (?)", body);
  }
}

export default {
  async fetch(request, env) {
    const body = await request.text();
    await env.LEDGER.getByName("0").insert(body);
    return new Response('{"status":"accepted"}');
  },
};
