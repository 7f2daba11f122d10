// Building the document. Text goes in as text only, so that no name can be markup.

const LONGEST = 4000;

// Texts of the cluster can be of any length.
export function clip(text, longest = LONGEST) {
  const whole = String(text ?? "");
  return whole.length > longest ? `${whole.slice(0, longest)} … (${whole.length} characters)` : whole;
}

// h("a", {href, class, onclick, "aria-label"}, ...children): children are nodes, texts or nothing.
export function h(tag, properties, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

// A name of somebody else's: its direction of writing stays its own.
export function name(text, longest = 253) {
  return h("bdi", {}, clip(text, longest));
}

// A commit, as people say it; the whole on hover.
export function commit(text) {
  return h("code", { title: clip(text, 200) }, brief(text));
}

export function brief(text) {
  return String(text ?? "").slice(0, 12);
}

const WORDS = {
  Synced: "good", OutOfSync: "warn", Healthy: "good", Progressing: "busy", Degraded: "bad", Suspended: "idle",
  Missing: "warn", Unknown: "idle", Succeeded: "good", Failed: "bad", Error: "bad", Running: "busy", Terminating: "busy",
  Ready: "good", pass: "good", fail: "bad", error: "warn", wait: "busy", ok: "good", SyncFailed: "bad", Pruned: "good",
  PruneSkipped: "idle", initialising: "busy", validating: "busy", planning: "busy", "awaiting-approval": "warn", "backing-up": "busy",
  applying: "busy", verifying: "busy", applied: "good", restored: "good", "no-change": "good", "in-sync": "good", drifted: "warn",
  failed: "bad", interrupted: "bad", "policy-denied": "bad",
};

// A word for a state: colour is never the only sign, the word is there, too.
export function badge(word, tone) {
  return word ? h("span", { class: `badge ${tone ?? WORDS[word] ?? "idle"}` }, clip(word, 40)) : null;
}

const relative = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });
const UNITS = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];

function sayDistance(date) {
  const seconds = (date - Date.now()) / 1000;
  const [unit, size] = UNITS.find(([, n]) => Math.abs(seconds) >= n) ?? UNITS[3];
  return relative.format(Math.round(seconds / size), unit);
}

// A time in the reader's zone, said by its distance; the exact one on hover.
export function time(text) {
  const date = new Date(text);
  if (!text || Number.isNaN(date.getTime())) return null;
  return h("time", { datetime: text, title: date.toLocaleString(undefined, { dateStyle: "full", timeStyle: "long" }) }, sayDistance(date));
}

// All times on the page grow older together.
export function startClock() {
  setInterval(() => {
    for (const element of document.querySelectorAll("time")) {
      const said = sayDistance(new Date(element.dateTime));
      if (element.textContent !== said) element.textContent = said;
    }
  }, 1000);
}

// In a narrow window a row is a block, and each cell says what it is.
export function table(caption, columns, rows) {
  for (const row of rows) [...row.children].forEach((cell, i) => columns[i] && cell.dataset && (cell.dataset.label = columns[i]));
  return h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption },
    h("table", { class: "listed" },
      h("caption", { class: "hidden" }, caption),
      h("thead", {}, h("tr", {}, columns.map((column) => h("th", { scope: "col" }, column)))),
      h("tbody", {}, rows)));
}

export function replace(element, ...children) {
  element.replaceChildren(...children.flat(Infinity).filter(Boolean));
}

// A question that has to be answered with its button; resolves to whether it was, and the fields.
export function confirm(title, body, verb, danger) {
  return new Promise((resolve) => {
    const form = h("form", { method: "dialog" },
      h("h2", {}, title), body,
      h("menu", {},
        h("button", { value: "no", type: "submit", formnovalidate: true }, "Cancel"),
        h("button", { value: "yes", type: "submit", class: danger ? "danger" : "primary" }, verb)));
    const dialog = h("dialog", { "aria-label": title }, form);
    dialog.addEventListener("close", () => {
      const fields = Object.fromEntries(new FormData(form));
      dialog.remove();
      resolve(dialog.returnValue === "yes" ? fields : null);
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
