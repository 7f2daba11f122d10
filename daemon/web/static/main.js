// Addresses and views: every view has an address that can be shared.

import { h, replace, startClock, clip } from "./dom.js";
import { post, reader } from "./ask.js";
import { listen } from "./live.js";
import { overview } from "./overview.js";
import { app } from "./app.js";
import { stacks, stack } from "./stacks.js";
import { secrets } from "./secrets.js";
import { validation } from "./validation.js";

const ROUTES = [
  [/^\/ui\/$/, overview, "Applications"],
  [/^\/ui\/apps\/([^/]+)(?:\/([a-z]+))?$/, app, "Applications"],
  [/^\/ui\/stacks$/, stacks, "Stacks"],
  [/^\/ui\/stacks\/([^/]+)(?:\/([0-9]+))?$/, stack, "Stacks"],
  [/^\/ui\/secrets$/, secrets, "Secrets"],
  [/^\/ui\/validation$/, validation, "Validation"],
];
const VIEWS = [["/ui/", "Applications"], ["/ui/stacks", "Stacks"], ["/ui/secrets", "Secrets"], ["/ui/validation", "Validation"]];

const view = document.getElementById("view");
const state = document.getElementById("state");
let leave = () => {};

// What a view is given: where it draws, its address, and how to go elsewhere.
function show(isNew) {
  const [pattern, draw, section] = ROUTES.find(([route]) => route.test(location.pathname)) ?? [];
  leave();
  leave = () => {};
  replace(view);
  if (!draw) {
    replace(view, h("h1", {}, "There is nothing here"), h("p", {}, h("a", { href: "/ui/" }, "All applications")));
    return;
  }
  const parts = location.pathname.match(pattern).slice(1).map((part) => (part === undefined ? part : decodeURIComponent(part)));
  document.title = `${parts[0] ? `${clip(parts[0], 80)} · ` : ""}${section} · reconciled`;
  for (const link of document.querySelectorAll("#views a")) {
    if (link.textContent === section) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  leave = draw({ view, parts, go, fail }) ?? (() => {});
  if (isNew) {
    scrollTo(0, 0);
    view.focus({ preventScroll: true });
  }
}

export function go(address, isReplacing) {
  history[isReplacing ? "replaceState" : "pushState"](null, "", address);
  show(!isReplacing);
}

// What went wrong, where the reader looks for it, for a while.
let failing = 0;
function fail(error) {
  clearTimeout(failing);
  state.className = "alert";
  state.textContent = clip(error.hint ? `${error.message}: ${error.hint}` : error.message, 1000);
  failing = setTimeout(() => onState(isLive), 12000);
}

let isLive = true;
function onState(isOpen) {
  isLive = isOpen;
  state.className = isOpen ? "" : "alert";
  state.textContent = isOpen ? "" : "The daemon does not answer; what is shown may be old. Trying again.";
}

addEventListener("popstate", () => show(true));
document.addEventListener("click", (event) => {
  const link = event.target.closest("a");
  if (!link || link.origin !== location.origin || !link.pathname.startsWith("/ui/") || link.hash || link.target ||
      event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  go(link.pathname + link.search);
});
// "/" goes to the search, as in many places.
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName)) return;
  const search = document.querySelector("input[type=search]");
  if (search) event.preventDefault();
  search?.focus();
});

replace(document.getElementById("views"), VIEWS.filter(([, title]) => !reader.isConfined || title === "Applications" || title === "Validation")
  .map(([href, title]) => h("a", { href }, title)));
replace(document.getElementById("reader"),
  h("span", { title: `role: ${reader.role}` }, `${reader.who} · ${reader.role}`),
  h("button", { type: "button", class: "plain", onclick: async () => {
    try {
      await post("/ui/logout");
    } catch { /* it answers by sending us elsewhere */ }
    location.assign("/ui/");
  } }, "Log out"));
startClock();
listen(onState);
show(false);
