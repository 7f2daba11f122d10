// What was deployed, and the way back: the diff a rollback would make, then the rollback.

import { h, name, time, replace, table, confirm, commit, brief } from "./dom.js";
import { get, post, may } from "./ask.js";
import { showDiff } from "./diff.js";

export function drawHistory({ place, at, fail, reload }) {
  const list = h("div", {});
  const preview = h("div", { class: "preview" });
  let isGone = false;
  let last = "";

  async function look(entry) {
    replace(preview, h("p", { role: "status" }, `What would change at ${brief(entry.revision)} …`));
    try {
      const text = await post(`${at}/diff`, { revision: entry.revision });
      const body = h("div", {});
      replace(preview, h("h2", {}, "Going back to ", commit(entry.revision), " would change"), h("div", { class: "tools" },
        h("button", { type: "button", class: "danger", onclick: () => goBack(entry) }, "Roll back"),
        h("button", { type: "button", onclick: () => replace(preview) }, "Close")), body);
      showDiff(body, text);
      preview.scrollIntoView({ block: "nearest" });
    } catch (error) {
      replace(preview);
      fail(error);
    }
  }

  async function goBack(entry) {
    const answer = await confirm(`Roll back to ${brief(entry.revision)}?`, [
      h("p", {}, "It stays there, whatever is committed, until it is resumed. No hooks are run."),
      h("label", {}, h("input", { type: "checkbox", name: "prune" }), " also delete what that revision does not have")], "Roll back", true);
    if (!answer) return;
    try {
      await post(`${at}/rollback`, { id: entry.id, prune: answer.prune === "on" });
      replace(preview);
      reload();
    } catch (error) {
      fail(error);
    }
  }

  function draw(items, current) {
    replace(list, table("History", ["", "Revision", "Deployed", "Asked for by", ""], items.map((entry) => h("tr", {},
      h("td", {}, String(entry.id)),
      h("td", {}, commit(entry.revision), entry.revision === current && h("span", { class: "quiet" }, " (now)")),
      h("td", {}, time(entry.deployedAt)), h("td", {}, name(entry.initiatedBy ?? "")),
      h("td", {}, may("sync") && entry.revision !== current && h("button", { type: "button", "aria-label": `Look at going back to ${brief(entry.revision)}, number ${entry.id}`, onclick: () => look(entry) }, "Rollback …"))))));
  }

  replace(place, list, preview);
  return {
    async update({ status }) {
      try {
        const { items } = await get(`${at}/history`);
        const id = JSON.stringify([items.map((it) => it.id), status.sync.revision]);
        if (isGone || id === last) return;
        last = id;
        draw(items, status.sync.revision);
      } catch (error) {
        if (!isGone) fail(error);
      }
    },
    end() {
      isGone = true;
    },
  };
}
