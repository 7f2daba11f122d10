// One application: how it stands, what blocks it, and what can be done about it.

import { h, name, badge, time, replace, confirm, clip, commit, brief } from "./dom.js";
import { get, post, may, segment } from "./ask.js";
import { on } from "./live.js";
import { drawTree } from "./tree.js";
import { drawSync } from "./sync.js";
import { drawDiff } from "./diff.js";
import { drawHistory } from "./history.js";

const TABS = [["tree", "Resources", drawTree], ["sync", "Sync", drawSync], ["diff", "Diff", drawDiff], ["history", "History", drawHistory]];

function conditions(status) {
  const list = status.conditions ?? [];
  return list.length > 0 && h("ul", { class: "conditions", "aria-label": "Conditions" },
    list.map(({ type, message }) => h("li", {}, badge(type, /Error/.test(type) ? "bad" : "warn"), " ", name(message, 1000))));
}

function hold(status, resume) {
  const { suspended, rollback } = status.hold ?? {};
  if (!suspended && !rollback && !status.hold) return null;
  const text = rollback ? `It stays at ${brief(rollback.revision)} since ${clip(rollback.by, 60)} went back, whatever is committed.`
    : suspended ? `It is suspended${suspended.by ? ` by ${clip(suspended.by, 60)}` : ""}${suspended.reason ? `: ${clip(suspended.reason, 300)}` : ""}.`
      : "Something of it stays as somebody left it.";
  return h("div", { class: "hold", role: "status" }, h("span", {}, text), may("sync") && h("button", { type: "button", onclick: resume }, "Resume"));
}

export function app({ view, parts: [title, tab = "tree"], go, fail }) {
  const at = `/v1/apps/${segment(title)}`;
  const draw = (TABS.find(([id]) => id === tab) ?? TABS[0])[2];
  const head = h("div", {});
  const body = h("div", { class: "tab", id: "tab" });
  let isGone = false;
  let busy = false;
  let again = false;
  let panel = null;

  async function act(what, question, makeBody) {
    const answer = question ? await question() : {};
    if (!answer) return;
    try {
      await post(`${at}/${what}`, makeBody?.(answer));
      load();
    } catch (error) {
      fail(error);
    }
  }

  function buttons(status) {
    const phase = status.operationState?.phase;
    const waits = (status.conditions ?? []).find(({ type }) => type === "PruneApproval");
    const button = (text, role, onclick, kind) => may(role) && h("button", { type: "button", class: kind, onclick }, text);
    return h("div", { class: "tools", role: "group", "aria-label": "What can be done" },
      phase !== "Running" && button("Sync", "sync", () => act("sync", null, () => ({})), "primary"),
      button("Refresh", "sync", () => act("refresh")),
      phase === "Running" && button("Terminate", "sync", () => act("terminate", () => confirm("End the sync under way?", h("p", {}, "What it did stays done."), "Terminate", true)), "danger"),
      !status.hold?.suspended && button("Suspend", "sync", () => act("suspend", () => confirm("Leave it alone?",
        h("label", {}, "Why", h("input", { name: "reason", required: true, maxlength: 300 })), "Suspend"), ({ reason }) => ({ reason }))),
      waits && button("Approve deletion", "approve", () => act("approve", () => confirm("Delete what waits?", h("p", {}, name(waits.message, 1000)), "Delete", true)), "danger"));
  }

  function drawHead(json) {
    const { status, spec } = json;
    const source = spec.source ?? spec.sources?.[0] ?? {};
    replace(head,
      h("p", { class: "crumb" }, h("a", { href: "/ui/" }, "Applications"), " / "),
      h("h1", {}, name(title), " ", badge(status.sync.status), " ", badge(status.health.status), " ", status.operationState?.phase === "Running" && badge("Syncing", "busy")),
      status.reason && h("p", { class: "why", role: "status" }, name(status.reason, 2000)),
      hold(status, () => act("resume")),
      h("p", { class: "quiet" }, name(source.repoURL), " ", name(source.path ?? source.chart ?? ""), " at ", commit(status.sync.revision ?? ""),
        " to ", name(spec.destination?.namespace ?? ""), ", looked at ", time(status.reconciledAt) ?? "never"),
      conditions(status),
      buttons(status),
      h("nav", { class: "tabs", "aria-label": "About this application" }, TABS.map(([id, label]) =>
        h("a", { href: `/ui/apps/${segment(title)}/${id}`, "aria-current": id === tab ? "page" : null }, label))));
  }

  // One look at a time; what happens meanwhile is looked at after it.
  async function load() {
    if (busy) { again = true; return; }
    busy = true;
    try {
      const json = await get(at);
      if (isGone) return;
      const focused = document.activeElement?.textContent;
      const hadFocus = head.contains(document.activeElement);
      drawHead(json);
      if (hadFocus) [...head.querySelectorAll("a, button")].find((it) => it.textContent === focused)?.focus();
      panel.update(json);
    } catch (error) {
      if (error.status === 404 && !isGone) replace(head, h("h1", {}, name(title)), h("p", {}, "There is no such application (any more). ", h("a", { href: "/ui/" }, "All applications")));
      else if (!isGone) fail(error);
    } finally {
      busy = false;
      if (again && !isGone) { again = false; load(); }
    }
  }

  replace(view, head, body);
  panel = draw({ place: body, at, title, fail, go, reload: load });
  const stop = [on("app", (it) => it.name === title && load()), on("reset", load)];
  load();
  return () => {
    isGone = true;
    panel.end?.();
    stop.forEach((end) => end());
  };
}
