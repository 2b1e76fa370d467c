// Clickjoin on a page that no Worker stands in front of:
//   <script src="https://t.example.com/t.js?c=spring" async></script>
// Reports the visit once, fills form fields named click_id, and offers clickjoin.ready, a promise of
// the click id (null if there is none). Comments and indentation are not served.
(() => {
  const script = document.currentScript;
  if (!script || window.clickjoin) return;
  const query = new URLSearchParams(location.search);
  const ttclid = query.get("ttclid") || "";
  let id = null;
  const fill = () => {
    if (id) document.querySelectorAll("[name=click_id]").forEach((field) => (field.value = id));
  };
  const find = async () => {
    // The redirect brought one.
    const brought = query.get("click_id");
    if (/^[\da-f]{32}$/i.test(brought)) return brought;
    // An earlier page of this site got one, for this ad click or for the last one.
    let [known, of, at] = [];
    try {
      [known, of, at] = JSON.parse(localStorage.clickjoin);
    } catch {}
    if (known && Date.now() - at < 2592e6 && (!ttclid || ttclid == of)) return known;
    // A page that is only prerendered is not visited yet.
    if (document.prerendering)
      await new Promise((go) => document.addEventListener("prerenderingchange", go));
    // A text and no JSON type: that needs no preflight.
    const answer = await fetch(new URL("capture" + new URL(script.src).search, script.src), {
      method: "POST",
      credentials: "include",
      keepalive: true,
      body: JSON.stringify({
        ttclid,
        ttp: (/(?:^|; )_ttp=([^;]*)/.exec(document.cookie) || [])[1],
        url: location.href,
        referrer: document.referrer,
      }),
    });
    const fresh = (await answer.json()).click_id;
    // Some browsers and settings refuse storage; the next page then asks again.
    try {
      localStorage.clickjoin = JSON.stringify([fresh, ttclid, Date.now()]);
    } catch {}
    return fresh;
  };
  window.clickjoin = {
    ready: find().then(
      (found) => {
        id = found;
        fill();
        return id;
      },
      () => null,
    ),
  };
  // Fields that come later: with the rest of the page, or with a form that is built by a script.
  document.addEventListener("DOMContentLoaded", fill);
  document.addEventListener("submit", fill, true);
})();
