// Workers KV, as workerd's binding speaks it: GET and PUT of /{key}. In memory, with a delay that can
// be switched; it forgets the oldest so that its own size says nothing about the Worker's.
// The runner talks to it at /__stand-in: GET for its counters, ?delay_ms=200 to switch the delay.

const KEPT = 4_096;
const records = new Map();
const counters = { puts: 0, gets: 0, delay_ms: 0, last: null };

async function answer(request, url) {
  const key = decodeURIComponent(url.pathname.slice(1));
  if (request.method === "PUT") {
    const value = await request.text();
    records.set(key, value);
    if (records.size > KEPT) records.delete(records.keys().next().value);
    counters.puts += 1;
    counters.last = value;
    return new Response(null);
  }
  counters.gets += 1;
  const value = records.get(key);
  return value === undefined ? new Response(null, { status: 404 }) : new Response(value);
}

export default {
  async fetch(request) {
    const url = new URL(request.url);
    if (url.pathname === "/__stand-in") {
      const delay = url.searchParams.get("delay_ms");
      if (delay !== null) counters.delay_ms = Number(delay);
      return Response.json(counters);
    }
    if (counters.delay_ms > 0) {
      await new Promise((resolve) => setTimeout(resolve, counters.delay_ms));
    }
    return answer(request, url);
  },
};
