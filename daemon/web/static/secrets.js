// Each secret's age, next refresh and end of lease. Never a value: the API has none.

import { h, name, badge, time, replace, table } from "./dom.js";
import { get, post, may, segment } from "./ask.js";
import { on } from "./live.js";

const LOOK_MS = 10000;

// From the last refresh to the end of the lease, and where now is on it.
function line(secret, now) {
  const begin = new Date(secret.refreshTime).getTime();
  const end = new Date(secret.leaseEnd ?? secret.nextRefresh).getTime();
  if (!(end > begin)) return null;
  const percent = Math.round(Math.min(100, Math.max(0, ((now - begin) / (end - begin)) * 100)));
  return h("meter", { min: 0, max: 100, value: percent, low: 60, high: 85, optimum: 0, "aria-label": secret.leaseEnd ? "Part of its lease that is over" : "Part of its interval that is over" }, `${percent} %`);
}

export function secrets({ view, fail }) {
  const place = h("div", {});
  const filter = h("input", { type: "search", "aria-label": "Search secrets", placeholder: "Namespace, name, store", oninput: () => draw() });
  let items = [];
  let timer = 0;
  let isGone = false;

  async function refresh(secret) {
    try {
      await post(`/v1/secrets/${segment(secret.namespace)}/${segment(secret.name)}/refresh`);
      load();
    } catch (error) {
      fail(error);
    }
  }

  function stores() {
    const all = new Map();
    for (const secret of items) {
      const store = all.get(secret.store) ?? { n: 0, failing: 0 };
      store.n++;
      store.failing += secret.ready === "True" ? 0 : 1;
      all.set(secret.store, store);
    }
    return h("ul", { class: "flow" }, [...all].map(([store, { n, failing }]) => h("li", {}, badge(failing === 0 ? "ok" : `${failing} failing`, failing === 0 ? "good" : "bad"), " ", name(store), ` serves ${n}`)));
  }

  function draw() {
    const now = Date.now();
    const word = filter.value.toLowerCase();
    const shown = items.filter((it) => `${it.namespace}/${it.name} ${it.store}`.toLowerCase().includes(word)).slice(0, 500);
    replace(place, stores(), table("Secrets", ["Secret", "Store", "State", "Read", "Next", "Lease ends", "", ""], shown.map((it) => h("tr", {},
      h("th", { scope: "row" }, name(`${it.namespace}/${it.name}`)), h("td", {}, name(it.store)),
      h("td", {}, badge(it.ready === "True" ? "Ready" : "Not ready", it.ready === "True" ? "good" : "bad"), it.ready !== "True" && [" ", name(it.message ?? it.reason ?? "", 600)], it.restarted && [" ", name(String(it.restarted), 300)]),
      h("td", {}, time(it.refreshTime) ?? "never"), h("td", {}, time(it.nextRefresh)), h("td", {}, time(it.leaseEnd)), h("td", {}, line(it, now)),
      h("td", {}, may("sync") && h("button", { type: "button", "aria-label": `Refresh ${it.namespace}/${it.name} now`, onclick: () => refresh(it) }, "Refresh"))))),
    items.length > shown.length && h("p", { class: "quiet" }, `${shown.length} of ${items.length} are shown`));
  }

  async function load() {
    clearTimeout(timer);
    try {
      ({ items } = await get("/v1/secrets"));
      if (isGone) return;
      if (!place.contains(document.activeElement)) draw();
    } catch (error) {
      if (!isGone) fail(error);
    }
    if (!isGone) timer = setTimeout(load, LOOK_MS);
  }

  const stop = [on("secret", load), on("reset", load)];
  replace(view, h("h1", {}, "Secrets"), h("div", { class: "tools" }, filter), place);
  load();
  return () => {
    isGone = true;
    clearTimeout(timer);
    stop.forEach((end) => end());
  };
}
