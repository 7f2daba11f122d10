// The resources of an application, and what these made, down to the pods.

import { h, name, badge, replace, clip } from "./dom.js";
import { get } from "./ask.js";
import { eventsOf, logsOf } from "./logs.js";

function key(node) {
  return `${node.group}/${node.kind}/${node.namespace ?? ""}/${node.name}`;
}

// What is not well opens by itself.
function isUnwell(node) {
  return ["Degraded", "Missing", "Progressing"].includes(node.health?.status) || node.status === "OutOfSync" || (node.children ?? []).some(isUnwell);
}

export function drawTree({ place, at, fail }) {
  const opened = new Map(); // key -> whether the reader opened or closed it
  const filter = h("input", { type: "search", "aria-label": "Search resources", placeholder: "Kind or name", oninput: () => draw() });
  const only = h("input", { type: "checkbox", onchange: () => draw() });
  const list = h("div", {});
  const side = h("div", { class: "side" });
  let tree = [];
  let isGone = false;
  let last = "";
  let timer = 0;

  function line(node) {
    return [h("span", { class: "kind" }, clip(node.kind, 60)), " ", h("strong", {}, name(node.name)), " ", badge(node.status), " ",
      badge(node.health?.status), " ", node.phase && node.phase !== node.health?.status && badge(node.phase),
      node.syncWave ? h("span", { class: "quiet" }, ` wave ${node.syncWave}`) : null,
      node.requiresPruning && badge("to be deleted", "warn"),
      node.health?.message && h("div", { class: "reason" }, name(node.health.message, 600))];
  }

  // Never within a summary, which is a button itself.
  function buttons(node) {
    const button = (text, label, onclick) => h("button", { type: "button", class: "plain", "aria-label": label, onclick }, text);
    return [button("Events", `Events of ${node.kind} ${node.name}`, () => eventsOf({ place: side, at, node, fail })),
      node.kind === "Pod" && button("Logs", `Logs of ${node.name}`, () => logsOf({ place: side, at, pod: node, fail }))];
  }

  function branch(node) {
    const children = node.children ?? [];
    if (children.length === 0) return h("li", { class: "leaf" }, line(node), " ", buttons(node));
    const id = key(node);
    const details = h("details", { open: opened.get(id) ?? isUnwell(node), ontoggle: () => opened.set(id, details.open) },
      h("summary", {}, line(node)), h("ul", {}, h("li", { class: "leaf" }, buttons(node)), children.map(branch)));
    return h("li", {}, details);
  }

  function holds(node, word) {
    return `${node.kind} ${node.name}`.toLowerCase().includes(word) || (node.children ?? []).some((child) => holds(child, word));
  }

  function draw() {
    const word = filter.value.toLowerCase();
    const shown = tree.filter((node) => holds(node, word) && (!only.checked || isUnwell(node)));
    replace(list, h("p", { class: "quiet" }, `${shown.length} of ${tree.length} resources`), h("ul", { class: "tree" }, shown.map(branch)));
  }

  // Whoever stands in the list by keyboard stands at the same place in the new one.
  function keepPlace(redraw) {
    const all = () => [...list.querySelectorAll("summary, button")];
    const say = (it) => it.getAttribute("aria-label") ?? it.textContent;
    const focused = list.contains(document.activeElement) ? say(document.activeElement) : null;
    redraw();
    if (focused !== null) all().find((it) => say(it) === focused)?.focus();
  }

  async function load() {
    try {
      const { items, isCut } = await get(`${at}/tree`);
      const text = JSON.stringify([items, isCut]);
      // What has not changed is not drawn again: the reader may be reading.
      if (isGone || text === last) return;
      last = text;
      tree = items;
      keepPlace(draw);
      if (isCut) list.append(h("p", { class: "quiet" }, "There is more; this is where looking ended."));
    } catch (error) {
      if (!isGone) fail(error);
    }
  }

  replace(place, h("div", { class: "tools" }, filter, h("label", {}, only, " only what is not well")), h("div", { class: "split" }, list, side));
  return {
    // Pods change without a word of ours about them, so they are looked for again a moment later.
    update() {
      clearTimeout(timer);
      load();
      timer = setTimeout(load, 2000);
    },
    end() {
      isGone = true;
      clearTimeout(timer);
      replace(side);
    },
  };
}
