// What a pod writes, as it comes, and what the cluster told of an object.

import { h, name, badge, time, replace, table } from "./dom.js";
import { get, segment } from "./ask.js";

const KEPT = 200000; // characters

let ending = new AbortController();

export function logsOf({ place, at, pod, fail }) {
  const out = h("pre", { class: "log", tabindex: "0", "aria-label": `Log of ${pod.name}` });
  ending.abort();
  ending = new AbortController();
  const mine = ending;

  function add(text) {
    const isAtEnd = out.scrollHeight - out.scrollTop - out.clientHeight < 30;
    out.textContent = (out.textContent + text).slice(-KEPT);
    if (isAtEnd) out.scrollTop = out.scrollHeight;
  }

  async function follow() {
    const reply = await fetch(`${at}/logs?namespace=${segment(pod.namespace)}&pod=${segment(pod.name)}&follow=true`, { signal: mine.signal });
    if (!reply.ok) {
      const body = await reply.json().catch(() => ({}));
      throw new Error(body.error?.message ?? reply.statusText);
    }
    const reader = reply.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) add(part.value);
    add("\n(the end)\n");
  }

  replace(place, h("h2", {}, name(pod.name)), h("button", { type: "button", class: "plain", onclick: () => { mine.abort(); replace(place); } }, "Close"), out);
  follow().catch((error) => {
    if (error.name !== "AbortError") fail(error);
  });
}

export async function eventsOf({ place, at, node, fail }) {
  ending.abort();
  try {
    const { items } = await get(`${at}/events?group=${segment(node.group)}&kind=${segment(node.kind)}&namespace=${segment(node.namespace ?? "")}&name=${segment(node.name)}`);
    replace(place, h("h2", {}, name(`${node.kind} ${node.name}`)), h("button", { type: "button", class: "plain", onclick: () => replace(place) }, "Close"),
      items.length === 0 ? h("p", { class: "quiet" }, "Nothing was told of it lately.") : table("Events", ["When", "Type", "Reason", "Message", "Times"], items.map((it) => h("tr", {},
        h("td", {}, time(it.at)), h("td", {}, badge(it.type, it.type === "Normal" ? "idle" : "warn")), h("td", {}, name(it.reason)), h("td", {}, name(it.message, 2000)), h("td", {}, String(it.count))))));
  } catch (error) {
    fail(error);
  }
}
