// TikTok's Events API for the benchmark: says OK after a while, and counts. The strict one, which checks what it is
// told, is tests/tiktok-stand-in. The runner reads the counters at /__stand-in.

// As far away as TikTok is: who does not gather meanwhile sends more requests.
const ANSWERS_AFTER = 150;
const counters = { requests: 0, events: 0, last: null };

export default {
  async fetch(request) {
    if (new URL(request.url).pathname === "/__stand-in") return Response.json(counters);
    const body = await request.json();
    counters.requests += 1;
    counters.events += body.data.length;
    counters.last = { ...body, data: body.data.slice(-1) };
    await scheduler.wait(ANSWERS_AFTER);
    return Response.json({ code: 0, message: "OK", request_id: "bench" });
  },
};
