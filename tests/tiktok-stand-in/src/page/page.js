// Fetches the page again every two seconds and swaps its main part, unless somebody is selecting text.
(() => {
  "use strict";
  // As it was sent: what is shown has local times in it.
  let shown = "";
  const state = document.getElementById("state");
  const localTimes = () => {
    for (const time of document.querySelectorAll("time[data-ms]")) {
      const date = new Date(Number(time.dataset.ms));
      time.textContent = date.toLocaleTimeString();
      time.title = date.toISOString();
    }
  };
  const say = (live) => {
    state.textContent = live ? "live" : "not reachable";
    state.className = live ? "live" : "lost";
  };
  const refresh = async () => {
    try {
      const answer = await fetch("/", { cache: "no-store" });
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("main");
      const main = document.querySelector("main");
      const selecting = !document.getSelection().isCollapsed;
      if (!selecting && shown !== fresh.innerHTML) {
        const sideways = [...main.querySelectorAll(".scroll")].map((box) => box.scrollLeft);
        shown = fresh.innerHTML;
        main.replaceChildren(...fresh.childNodes);
        main.querySelectorAll(".scroll").forEach((box, i) => { box.scrollLeft = sideways[i] ?? 0; });
        localTimes();
      }
      say(true);
    } catch {
      say(false);
    }
    setTimeout(refresh, 2000);
  };
  localTimes();
  say(true);
  setTimeout(refresh, 2000);
})();
