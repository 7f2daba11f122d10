// How each store fares, and each secret's age, next refresh, end of lease and what was restarted for it. Never a value: the API has none.

import { h, name, badge, time, replace, table, clip } from "./dom.js";
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
  let stores = [];
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

  // A ClusterSecretStore serves all namespaces.
  function served(store) {
    return items.filter((it) => it.store === `${store.kind}/${store.name}` && (!store.namespace || it.namespace === store.namespace)).length;
  }

  function server({ breaker, pausedSeconds, url, message }) {
    if (breaker === "closed") return h("span", { title: clip(url, 300) }, "asked");
    return [badge(breaker === "open" ? `not asked for ${pausedSeconds} s` : "tried again", "warn"), " ", name(url, 300), " ", name(message ?? "", 600)];
  }

  function storeTable() {
    if (stores.length === 0) return null;
    return table("Stores", ["Store", "Provider", "State", "Serves", "Logged in", "Token ends", "Server", "Failed last"], stores.map((it) => h("tr", {},
      h("th", { scope: "row" }, name(`${it.kind}/${it.name}`), it.namespace && h("span", { class: "quiet" }, " in ", name(it.namespace))), h("td", {}, name(it.provider ?? "")),
      h("td", {}, badge(it.ready === "True" ? "Ready" : "Not ready", it.ready === "True" ? "good" : "bad"), it.ready !== "True" && [" ", name(it.message, 600)]),
      h("td", {}, String(served(it))), h("td", {}, time(it.loginTime)), h("td", {}, time(it.tokenEnd)), h("td", {}, it.server && server(it.server)),
      h("td", {}, it.lastError && [time(it.lastErrorTime), " ", name(it.lastError, 600)]))));
  }

  function restarted({ time: at, workloads }) {
    return h("div", { class: "reason" }, "restarted ", time(at), ": ", name((workloads ?? []).join(", "), 300));
  }

  function draw() {
    const now = Date.now();
    const word = filter.value.toLowerCase();
    const shown = items.filter((it) => `${it.namespace}/${it.name} ${it.store}`.toLowerCase().includes(word)).slice(0, 500);
    replace(place, h("h2", {}, "Stores"), storeTable(), h("h2", {}, "Read from them"), table("Secrets", ["Secret", "Store", "State", "Read", "Next", "Lease ends", "", ""], shown.map((it) => h("tr", {},
      h("th", { scope: "row" }, name(`${it.namespace}/${it.name}`)), h("td", {}, name(it.store)),
      h("td", {}, badge(it.ready === "True" ? "Ready" : "Not ready", it.ready === "True" ? "good" : "bad"), it.ready !== "True" && [" ", name(it.message ?? it.reason ?? "", 600)], it.restarted && restarted(it.restarted)),
      h("td", {}, time(it.refreshTime) ?? "never"), h("td", {}, time(it.nextRefresh)), h("td", {}, time(it.leaseEnd)), h("td", {}, line(it, now)),
      h("td", {}, may("sync") && h("button", { type: "button", "aria-label": `Refresh ${it.namespace}/${it.name} now`, onclick: () => refresh(it) }, "Refresh"))))),
    items.length > shown.length && h("p", { class: "quiet" }, `${shown.length} of ${items.length} are shown`));
  }

  async function load() {
    clearTimeout(timer);
    try {
      [{ items }, { items: stores }] = await Promise.all([get("/v1/secrets"), get("/v1/secret-stores")]);
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
