// A list of which only what can be seen is in the document: a thousand rows cost what thirty do.

import { h } from "./dom.js";

const MARGIN = 6; // rows above and below that are there already

// rowHeight in pixels; columns: how many items stand side by side at this width.
export function virtualList({ label, rowHeight, columns, render }) {
  const space = h("div", { class: "space", role: "list", "aria-label": label });
  const element = h("div", { class: "virtual" }, space);
  let items = [];
  let shown = new Map(); // index -> [item, element]
  let perRow = 1;
  let frame = 0;

  function place(index, node) {
    const row = Math.floor(index / perRow);
    node.style.transform = `translate(${(index % perRow) * 100}%, ${row * rowHeight}px)`;
    node.style.width = `${100 / perRow}%`;
    node.style.height = `${rowHeight}px`;
  }

  function draw() {
    frame = 0;
    const width = element.clientWidth;
    perRow = Math.max(1, columns(width));
    const rows = Math.ceil(items.length / perRow);
    space.style.height = `${rows * rowHeight}px`;
    const top = element.getBoundingClientRect().top;
    const first = Math.max(0, Math.floor(-top / rowHeight) - MARGIN) * perRow;
    const last = Math.min(items.length, (Math.ceil((innerHeight - top) / rowHeight) + MARGIN) * perRow);
    const next = new Map();
    for (let i = first; i < last; i++) {
      const [item, node] = shown.get(i) ?? [];
      const kept = item === items[i] ? node : h("div", { class: "cell", role: "listitem", "aria-setsize": items.length, "aria-posinset": i + 1 }, render(items[i]));
      if (kept !== node) {
        const hadFocus = node?.contains(document.activeElement);
        if (node) node.replaceWith(kept);
        else space.append(kept);
        if (hadFocus) kept.querySelector("a, button")?.focus();
      }
      place(i, kept);
      next.set(i, [items[i], kept]);
    }
    for (const [index, [, node]] of shown) if (!next.has(index)) node.remove();
    shown = next;
  }

  function schedule() {
    if (!frame) frame = requestAnimationFrame(draw);
  }

  addEventListener("scroll", schedule, { passive: true });
  addEventListener("resize", schedule);
  return {
    element,
    // An item that is another object than before is drawn anew, every other one stays as it is.
    set(next) {
      items = next;
      schedule();
    },
    end() {
      removeEventListener("scroll", schedule);
      removeEventListener("resize", schedule);
      cancelAnimationFrame(frame);
    },
  };
}
