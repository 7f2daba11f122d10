// The back-ups of a stack's state, and the way back to one: a run that somebody approves, as a plan.

import { h, name, time, table, confirm, clip } from "./dom.js";
import { may } from "./ask.js";

async function ask(backup, restore) {
  const answer = await confirm(`Restore the state of serial ${backup.serial}?`, [
    h("p", {}, "Taken ", time(backup.at), ": ", name(backup.name)),
    h("p", {}, "It takes the place of the state that is in force once the run that begins now is approved. No resource is changed by that; the next plan shows where they differ."),
    h("label", {}, h("input", { type: "checkbox", name: "force" }), " also when the state in force is newer, or another one: what was applied since is forgotten, not undone")],
  `Restore serial ${backup.serial}`, true);
  if (answer) restore({ backup: backup.name, force: answer.force === "on" });
}

export function backupList({ items, problem }, restore) {
  const button = (it) => h("button", { type: "button", "aria-label": `Restore serial ${it.serial}, taken ${it.at}`, onclick: () => ask(it, restore) }, "Restore …");
  return h("section", {}, h("h2", {}, "State back-ups"),
    problem && h("p", { class: "why" }, name(problem, 600)),
    items.length === 0 ? h("p", { class: "quiet" }, "None yet.") : table("State back-ups", ["Taken", "Serial", "Name", ""], items.map((it) => h("tr", {},
      h("td", {}, time(it.at)), h("td", {}, String(it.serial)), h("td", {}, name(it.name)), h("td", {}, may("admin") && button(it))))));
}

// What a run of that kind would do.
export function restoration({ backup, serial, currentSerial, lineage, currentLineage }) {
  const isOther = currentLineage && currentLineage !== lineage;
  return h("dl", { class: "facts" }, h("dt", {}, "Back-up"), h("dd", {}, name(backup)),
    serial !== undefined && [h("dt", {}, "Serial"), h("dd", {}, `${currentSerial} → ${serial}`)],
    isOther && [h("dt", {}, "Lineage"), h("dd", {}, name(clip(currentLineage, 80)), " → ", name(clip(lineage, 80)))]);
}
