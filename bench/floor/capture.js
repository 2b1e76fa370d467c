// The least a capture can do: one KV put behind a bare 302. No cookie, no campaign, no record but
// the address itself.
export default {
  fetch(request, env, context) {
    const id = crypto.randomUUID();
    const url = request.url;
    context.waitUntil(env.CLICKS.put(`click:${id}`, url, { expirationTtl: 2_592_000 }));
    const location = `https://quotes.example.com/solar${url.slice(url.indexOf("?"))}&click_id=${id}`;
    return new Response(null, { status: 302, headers: { location } });
  },
};
