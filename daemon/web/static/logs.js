// The last lines of a pod's containers, and those that come.

import { h, name, replace } from "./dom.js";
import { segment } from "./ask.js";

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
