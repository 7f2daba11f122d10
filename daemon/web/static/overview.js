// All applications, what needs a person first; stacks, secrets and repositories where they need one.

import { h, name, badge, time, replace, brief } from "./dom.js";
import { get, reader, segment } from "./ask.js";
import { on } from "./live.js";
import { virtualList } from "./list.js";

const SOON_MS = 15 * 60 * 1000;
const ORDER = ["Degraded", "Missing", "Unknown", "Progressing", "Suspended", "Healthy"];

// How much it needs somebody: the smaller, the more.
function rank(app) {
  if (app.phase === "Failed" || app.phase === "Error") return 0;
  if (app.health === "Degraded") return 1;
  if (app.reason && app.phase === "Running") return 2;
  if (app.hold || app.sync === "OutOfSync" || app.reason) return 3;
  return app.health === "Healthy" && app.sync === "Synced" ? 9 : 4 + ORDER.indexOf(app.health) / 10;
}

function matches(app, { q, project, status }) {
  const text = `${app.name} ${app.project} ${app.repository ?? ""} ${app.path ?? ""} ${app.namespace ?? ""}`.toLowerCase();
  return q.toLowerCase().split(/\s+/).every((word) => text.includes(word)) &&
    (!project || app.project === project) && (!status || app.health === status || app.sync === status || app.phase === status);
}

function tile(app) {
  return h("a", { class: `tile ${rank(app) < 4 ? "wanting" : ""}`, href: `/ui/apps/${segment(app.name)}` },
    h("strong", {}, name(app.name)), h("span", { class: "badges" }, badge(app.sync), badge(app.health), app.phase === "Running" && badge("Syncing", "busy"), app.hold && badge("Held", "warn")),
    h("span", { class: "reason", title: app.reason }, app.reason ? name(app.reason, 400) : h("span", { class: "quiet" }, brief(app.revision))));
}

function row(app) {
  return h("a", { class: "row", href: `/ui/apps/${segment(app.name)}` },
    h("strong", {}, name(app.name)), h("span", {}, name(app.project)), h("span", {}, badge(app.sync)), h("span", {}, badge(app.health)),
    h("span", { class: "mono" }, brief(app.revision)), h("span", { class: "reason" }, app.reason ? name(app.reason, 400) : ""));
}

function wantedStack(stack) {
  if (stack.phase === "awaiting-approval") return "waits for approval";
  return ["failed", "interrupted", "policy-denied"].includes(stack.phase) ? stack.reason || stack.phase : stack.isDrifted ? "drifted" : null;
}

function wantedSecret(secret, now) {
  if (secret.ready !== "True") return secret.message || secret.reason;
  const end = secret.leaseEnd ? new Date(secret.leaseEnd) - now : Infinity;
  return end < SOON_MS ? "its lease ends soon" : null;
}

// What of the other nouns needs somebody.
async function drawOthers(place) {
  if (reader.isConfined) return;
  const [stacks, secrets, repositories] = await Promise.all([get("/v1/terraform"), get("/v1/secrets"), get("/v1/repositories")]);
  const now = Date.now();
  const lines = [
    ...stacks.items.map((it) => [`/ui/stacks/${segment(it.name)}`, "Stack", it.name, wantedStack(it)]),
    ...secrets.items.map((it) => ["/ui/secrets", "Secret", `${it.namespace}/${it.name}`, wantedSecret(it, now)]),
    ...repositories.items.map((it) => [null, "Repository", it.name, it.state === "ok" ? null : it.error || it.state]),
  ].filter(([, , , why]) => why);
  replace(place,
    lines.length > 0 && h("section", { class: "wanting-list", "aria-label": "What needs somebody" }, h("h2", {}, "Needs somebody"),
      h("ul", {}, lines.slice(0, 50).map(([href, kind, title, why]) => h("li", {}, badge(kind, "warn"), " ",
        href ? h("a", { href }, name(title)) : name(title), " ", name(why, 400))))),
    h("section", { "aria-label": "Stacks and secrets" }, h("h2", {}, "Stacks and secrets"),
      h("ul", { class: "flow" }, stacks.items.map((it) => h("li", {}, badge(it.phase), " ", h("a", { href: `/ui/stacks/${segment(it.name)}` }, name(it.name)))),
        h("li", {}, h("a", { href: "/ui/secrets" }, `${secrets.items.length} secrets`), `, ${secrets.items.filter((it) => it.ready === "True").length} ready`))),
    h("section", { "aria-label": "Repositories" }, h("h2", {}, "Repositories"),
      h("ul", { class: "flow" }, repositories.items.map((it) => h("li", {}, badge(it.state), " ", name(it.name), " polled ", time(it.polledAt) ?? "never")))));
}

export function overview({ view, fail }) {
  const query = new URLSearchParams(location.search);
  const filter = { q: query.get("q") ?? "", project: query.get("project") ?? "", status: query.get("status") ?? "" };
  let isTable = query.get("view") === "table";
  let apps = new Map();
  let list = null;
  let timer = 0;

  const search = h("input", { type: "search", value: filter.q, placeholder: "Name, repository, namespace", "aria-label": "Search", oninput: () => change("q", search.value) });
  const project = h("select", { "aria-label": "Project", onchange: () => change("project", project.value) });
  const status = h("select", { "aria-label": "Status", onchange: () => change("status", status.value) },
    ["", "OutOfSync", "Synced", "Degraded", "Progressing", "Missing", "Suspended", "Unknown", "Healthy", "Running", "Failed"].map((word) => h("option", { value: word, selected: word === filter.status }, word || "Any status")));
  const toggle = h("button", { type: "button", onclick: () => { isTable = !isTable; remember(); makeList(); } });
  const count = h("p", { class: "quiet", role: "status" });
  const place = h("div", {});
  const others = h("div", {});

  function remember() {
    const next = new URLSearchParams(Object.entries({ ...filter, view: isTable ? "table" : "" }).filter(([, value]) => value));
    history.replaceState(null, "", `/ui/${next.size ? `?${next}` : ""}`);
  }

  function change(key, value) {
    filter[key] = value;
    remember();
    draw();
  }

  function makeList() {
    list?.end();
    toggle.textContent = isTable ? "Tiles" : "Table";
    list = virtualList(isTable
      ? { label: "Applications", rowHeight: 44, columns: () => 1, render: row }
      : { label: "Applications", rowHeight: 118, columns: (width) => Math.floor(width / 270), render: tile });
    replace(place, list.element);
    draw();
  }

  function draw() {
    const shown = [...apps.values()].filter((app) => matches(app, filter)).sort((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1));
    const wanting = shown.filter((app) => rank(app) < 4).length;
    count.textContent = `${shown.length} of ${apps.size} applications, ${wanting} need somebody`;
    list.set(shown);
  }

  async function load() {
    try {
      const { items } = await get("/v1/apps?view=summary");
      apps = new Map(items.map((app) => [app.name, app]));
      const projects = [...new Set(items.map((app) => app.project))].sort();
      replace(project, ["", ...projects].map((it) => h("option", { value: it, selected: it === filter.project }, it || "Any project")));
      draw();
      await drawOthers(others);
    } catch (error) {
      fail(error);
    }
  }

  // Sixty changes a second are one drawing a frame.
  let frame = 0;
  function soon() {
    if (!frame) frame = requestAnimationFrame(() => { frame = 0; draw(); });
  }

  const stop = [
    on("app", (app) => {
      if (app.isGone) apps.delete(app.name);
      else apps.set(app.name, app);
      soon();
    }),
    on("reset", load),
    ...["stack", "repository", "secret"].map((kind) => on(kind, () => {
      clearTimeout(timer);
      timer = setTimeout(() => drawOthers(others).catch(fail), 500);
    })),
  ];
  replace(view, h("h1", {}, "Applications"), h("div", { class: "tools" }, search, project, status, toggle), count, place, others);
  makeList();
  load();
  return () => {
    clearTimeout(timer);
    cancelAnimationFrame(frame);
    list.end();
    stop.forEach((end) => end());
  };
}
