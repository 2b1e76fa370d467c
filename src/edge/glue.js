// The runtime's part of what is done for every click and every postback, one crossing into JavaScript
// for each function here. Names and options stay on this side, where the engine knows them by heart;
// texts cross once. What each is for, and what it saved, is said where `js.rs` declares it.

export function requestLine(request) {
  return `${request.method} ${request.url}`;
}

const VISITOR = [
  "cookie", "cf-connecting-ip", "cf-ipcountry", "user-agent", "accept-language", "referer",
];

// Headers, one a line: none can contain a line break.
export function visitor(request, withGpc) {
  const headers = request.headers;
  let lines = headers.get("sec-purpose") ?? headers.get("purpose") ?? headers.get("x-moz") ?? "";
  for (let i = 0; i < VISITOR.length; i++) lines += `\n${headers.get(VISITOR[i]) ?? ""}`;
  return withGpc ? `${lines}\n${headers.get("sec-gpc") ?? ""}` : lines;
}

// `location`, and behind a line break the cookie, if there is one.
export function redirect(lines) {
  const [location, cookie] = lines.split("\n");
  const headers =
    cookie === undefined
      ? { location, "cache-control": "no-store", "x-robots-tag": "noindex" }
      : { location, "cache-control": "no-store", "x-robots-tag": "noindex", "set-cookie": cookie };
  return new Response(null, { status: 302, headers });
}

// Puts a click into KV behind the answer. A timer for each would cost more than the put's own part of
// JavaScript, so the first click of a second has one for all puts of that second. It only tells the
// others: each goes on in its own request, within that request's limits.
const SECOND = 1_000;
const FAILED = 0, STORED = 1, FORBIDDEN = 2;
let watch;

export function keep(env, context, click, asksLimit, expirationTtl, timeOut, otherwise) {
  const [key, line, visitor] = click.split("\n");
  const now = Date.now();
  if (watch === undefined || now < watch.since || now - watch.since >= SECOND) {
    const puts = new Set();
    context.waitUntil(watchOver(puts, timeOut));
    watch = { since: now, puts };
  }
  const { puts } = watch;
  const outcome = new Promise((resolve) => {
    const settle = (outcome) => {
      puts.delete(settle);
      resolve(outcome);
    };
    puts.add(settle);
    store(env, key, line, asksLimit ? visitor : undefined, expirationTtl).then(
      settle,
      () => settle(FAILED),
    );
  });
  context.waitUntil(outcome.then((outcome) =>
    outcome === STORED ? undefined : otherwise(env, key, line, outcome === FORBIDDEN)
  ));
}

// Whether a flood forbids it: then it is not stored.
async function store(env, key, line, visitor, expirationTtl) {
  if (visitor !== undefined && !(await isWithin(env.CLICK_LIMIT, visitor))) return FORBIDDEN;
  await env.CLICKS.put(key, line, { expirationTtl });
  return STORED;
}

// Gives up what has taken too long, a limit that does not answer included. Every put has at least
// `timeOut` and at most a second more.
async function watchOver(puts, timeOut) {
  await new Promise((over) => setTimeout(over, SECOND));
  // The clock that chooses the watch may stand still where this timer did not.
  if (watch?.puts === puts) watch = undefined;
  if (puts.size === 0) return;
  await new Promise((over) => setTimeout(over, timeOut));
  for (const settle of puts) settle(FAILED);
}

// Whether there were few enough of `key`. A limit that fails is none.
export async function isWithin(limit, key) {
  try {
    return (await limit.limit({ key })).success !== false;
  } catch {
    return true;
  }
}

// The page with one cookie more; the page itself where its headers cannot be changed, or where it is
// none (below 200: a switch of protocols).
export function withCookie(page, cookie) {
  return page.then((answer) => {
    if (answer.status < 200) return answer;
    try {
      const copy = new Response(answer.body, answer);
      copy.headers.append("set-cookie", cookie);
      return copy;
    } catch {
      return answer;
    }
  });
}

export function when(promise, number, settle) {
  promise.then((value) => settle(number, true, value), (reason) => settle(number, false, reason));
}

export function turn() {
  return scheduler.wait(0);
}

const SENDER = ["content-type", "authorization", "x-signature", "cf-connecting-ip"];

export function sender(request) {
  const headers = request.headers;
  return SENDER.map((name) => headers.get(name) ?? "").join("\n");
}

export function wholeBody(request, most) {
  const length = request.headers.get("content-length");
  return length !== null && Number(length) <= most ? request.arrayBuffer() : undefined;
}

// A binding that is missing rejects: what throws in the midst of the wasm ends it.
export async function ask(env, shard, question) {
  return env.LEDGER.getByName(shard).ask(question);
}

export function answer(status, contentType, body) {
  const headers = {
    "content-type": contentType, "cache-control": "no-store", "x-robots-tag": "noindex",
  };
  return new Response(body, { status, headers });
}

// A statement with its parameters, and its rows, as `sql_text.rs` packs and unpacks them.
export function query(sql, packed, reads) {
  const end = packed.indexOf("\n");
  let at = end + 1;
  const value = (head) => {
    if (head === "-") return null;
    if (head[0] === "#") return Number(head.slice(1));
    return packed.slice(at, (at += Number(head)));
  };
  const cursor = sql.exec(...packed.slice(0, end).split(" ").map(value));
  return reads ? packRows(cursor.raw().toArray()) : undefined;
}

function packRows(rows) {
  let heads = `${rows.length === 0 ? 0 : rows[0].length}`;
  let texts = "";
  for (const row of rows) {
    for (const value of row) {
      if (value === null) heads += " -";
      else if (typeof value === "number") heads += ` #${value}`;
      else {
        heads += ` ${value.length}`;
        texts += value;
      }
    }
  }
  return `${heads}\n${texts}`;
}
