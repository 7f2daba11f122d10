// Terraform: which plan waits for a yes, what it would do, and how its runs went.

import { h, name, badge, time, replace, table, confirm, clip, commit } from "./dom.js";
import { get, post, may, segment } from "./ask.js";
import { on } from "./live.js";
import { backupList, restoration } from "./backups.js";

const VERBS = { create: "good", update: "warn", replace: "bad", delete: "bad", read: "idle", "no-op": "idle", forget: "warn" };
const FOLLOW_MS = 700;

export function stacks({ view, fail }) {
  const place = h("div", {});

  async function load() {
    try {
      const { items, frozen } = await get("/v1/terraform");
      replace(place, frozen && h("p", { class: "hold" }, "All applies are frozen: ", name(frozen, 600)),
        items.length === 0 ? h("p", {}, "No stack is configured.") : table("Stacks", ["Name", "Phase", "Last run", "Summary", "What to know"], items.map((it) => h("tr", {},
          h("th", { scope: "row" }, h("a", { href: `/ui/stacks/${segment(it.name)}` }, name(it.name))), h("td", {}, badge(it.phase)),
          h("td", {}, time(it.run?.startedAt)), h("td", {}, name(it.run?.summary ?? "", 300)), h("td", {}, name(it.reason ?? "", 600))))));
    } catch (error) {
      fail(error);
    }
  }

  const stop = [on("stack", load), on("reset", load)];
  replace(view, h("h1", {}, "Stacks"), place);
  load();
  return () => stop.forEach((end) => end());
}

// Of a restore it is the serials that say what it would do.
function summarize({ restore, summary, reason }) {
  if (restore?.currentSerial !== undefined) return `serial ${restore.currentSerial} → ${restore.serial}`;
  return summary ?? reason ?? "";
}

function text(value) {
  return clip(value === undefined ? "" : typeof value === "string" ? value : JSON.stringify(value), 400);
}

function change(it) {
  return h("li", {}, h("details", { open: ["delete", "replace"].includes(it.action) },
    h("summary", {}, badge(it.action, VERBS[it.action]), " ", h("strong", {}, name(it.address)), it.isProtected && [" ", badge("protected", "bad")], it.reason && h("span", { class: "quiet" }, ` ${text(it.reason)}`)),
    h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": `Changes of ${text(it.address)}` }, h("table", {}, h("tbody", {}, (it.diff ?? []).map((line) => h("tr", {},
      h("th", { scope: "row" }, name(line.path)), h("td", { class: "taken" }, line.isSensitive ? "(sensitive)" : name(text(line.before))),
      h("td", { class: "given" }, line.isSensitive ? "(sensitive)" : line.isUnknown ? "(known after the apply)" : name(text(line.after))))))))));
}

export function stack({ view, parts: [title, run], go, fail }) {
  const at = `/v1/terraform/${segment(title)}`;
  const place = h("div", {});
  const log = h("pre", { class: "log", tabindex: "0", "aria-label": "Log" });
  let isGone = false;
  let timer = 0;
  let followed = null;

  async function act(what, body) {
    try {
      await post(`${at}/${what}`, body);
      load();
    } catch (error) {
      fail(error);
    }
  }

  async function approve(record) {
    const losing = (record.plan?.changes ?? []).filter((it) => it.action === "delete" || it.action === "replace").map((it) => it.address);
    const answer = await confirm("Apply this plan?", [h("p", {}, name(record.summary ?? "", 300)),
      losing.length > 0 && h("label", {}, "What is destroyed, one address a line, named on purpose", h("textarea", { name: "destroy", rows: Math.min(8, losing.length + 1), placeholder: losing.slice(0, 8).join("\n") })),
      h("label", {}, "Comment", h("input", { name: "comment", maxlength: 300 }))], "Approve", losing.length > 0);
    if (!answer) return;
    const destroy = (answer.destroy ?? "").split("\n").map((line) => line.trim()).filter(Boolean);
    act("approve", { digest: record.digest, ...(answer.comment && { comment: answer.comment }), ...(destroy.length > 0 && { destroy }) });
  }

  function buttons(record, isNewest, isWaiting) {
    return h("div", { class: "tools", role: "group", "aria-label": "What can be done" },
      isNewest && isWaiting && may("approve") && h("button", { type: "button", class: "primary", onclick: () => approve(record) }, "Approve"),
      isNewest && isWaiting && may("approve") && h("button", { type: "button", onclick: () => act("discard", {}) }, "Discard"),
      may("sync") && h("button", { type: "button", onclick: () => act("plan", {}) }, "Plan"),
      may("sync") && h("button", { type: "button", onclick: () => act("drift", {}) }, "Look for drift"));
  }

  async function follow(id, offset) {
    if (isGone || followed !== id) return;
    try {
      const part = await get(`${at}/log?run=${id}&offset=${offset}`);
      if (isGone || followed !== id) return;
      log.textContent += part.text;
      log.scrollTop = log.scrollHeight;
      if (!part.isOver) timer = setTimeout(() => follow(id, part.offset), part.offset > offset ? 50 : FOLLOW_MS);
    } catch {
      timer = setTimeout(() => follow(id, offset), 3000);
    }
  }

  async function load() {
    try {
      const [described, { items: runs }, backups] = await Promise.all([get(at), get(`${at}/runs`), get(`${at}/backups`).catch(() => ({ items: [] }))]);
      const id = run ? Number(run) : runs[0]?.id;
      const record = id === undefined ? null : await get(`${at}/run?run=${id}`);
      if (isGone) return;
      const isNewest = id === runs[0]?.id;
      if (record) record.summary = summarize({ ...runs.find((it) => it.id === id), reason: "" });
      const isWaiting = record?.phase === "awaiting-approval";
      replace(place, h("p", { class: "crumb" }, h("a", { href: "/ui/stacks" }, "Stacks"), " / "),
        h("h1", {}, name(title), " ", badge(described.phase)), described.reason && h("p", { class: "why", role: "status" }, name(described.reason, 2000)),
        record && h("section", {}, h("h2", {}, `Run ${id}: ${text(record.kind)} `, badge(record.phase)),
          h("p", { class: "quiet" }, name(record.subject ?? "", 300), " ", commit(record.commit ?? record.revision ?? ""), " by ", name(record.author ?? record.by ?? ""), " ", time(record.startedAt)),
          record.reason && h("p", { class: "why" }, name(record.reason, 2000)),
          record.after && h("p", { class: "why" }, name(record.after, 2000), record.left && [". By the state there is left: ", name(record.left, 300)]),
          buttons(record, isNewest, isWaiting),
          record.summary && h("p", {}, name(record.summary, 300)),
          record.restore ? restoration(record.restore) : h("ul", { class: "plan" }, (record.plan?.changes ?? []).map(change)),
          (record.approvals ?? []).length > 0 && h("p", { class: "quiet" }, "Approved by ", record.approvals.map((it) => [name(it.by), " ", time(it.at), " "]))),
        record && log,
        h("section", {}, h("h2", {}, "Runs"), table("Runs", ["", "Kind", "Phase", "Commit", "Began", "Summary"], runs.map((it) => h("tr", {}, h("td", {}, h("a", { href: `/ui/stacks/${segment(title)}/${it.id}` }, String(it.id))),
          h("td", {}, name(it.kind)), h("td", {}, badge(it.phase)), h("td", {}, commit(it.commit ?? "")), h("td", {}, time(it.startedAt)), h("td", {}, name(summarize(it), 300)))))),
        backupList(backups, (body) => act("restore", body)));
      if (record && followed !== id) {
        followed = id;
        log.textContent = "";
        follow(id, 0);
      }
    } catch (error) {
      if (!isGone) fail(error);
    }
  }

  const stop = [on("stack", (it) => it.name === title && load()), on("reset", load)];
  replace(view, place);
  load();
  return () => {
    isGone = true;
    clearTimeout(timer);
    stop.forEach((end) => end());
  };
}
