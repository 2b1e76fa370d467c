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

export function redirect(location, cookie) {
  const headers =
    cookie === undefined
      ? { location, "cache-control": "no-store", "x-robots-tag": "noindex" }
      : { location, "cache-control": "no-store", "x-robots-tag": "noindex", "set-cookie": cookie };
  return new Response(null, { status: 302, headers });
}

export function keep(env, context, key, line, visitor, expirationTtl, timeOut, otherwise) {
  context.waitUntil(keepOr(otherwise, env, key, line, visitor, expirationTtl, timeOut));
}

async function keepOr(otherwise, env, key, line, visitor, expirationTtl, timeOut) {
  if (visitor !== undefined && !(await isWithin(env.CLICK_LIMIT, visitor))) {
    return otherwise(env, key, line, true);
  }
  try {
    await put(env, key, line, expirationTtl, timeOut);
  } catch {
    await otherwise(env, key, line, false);
  }
}

async function isWithin(limit, key) {
  try {
    return (await limit.limit({ key })).success !== false;
  } catch {
    return true;
  }
}

export function put(env, key, line, expirationTtl, timeOut) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(reject, timeOut);
    const settle = (then) => (value) => {
      clearTimeout(timer);
      then(value);
    };
    env.CLICKS.put(key, line, { expirationTtl }).then(settle(resolve), settle(reject));
  });
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

export function ask(env, shard, question) {
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
