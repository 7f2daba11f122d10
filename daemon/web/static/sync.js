// A sync as its phases and waves, one after the other, live.

import { h, name, badge, time, replace, clip, commit } from "./dom.js";

const PHASES = ["PreSync", "Sync", "PostSync", "SyncFail"];

function byWave(resources) {
  const waves = new Map();
  for (const resource of resources) {
    const phase = resource.syncPhase ?? "Sync";
    const wave = resource.syncWave ?? 0;
    const id = `${phase} ${wave}`;
    if (!waves.has(id)) waves.set(id, { phase, wave, resources: [] });
    waves.get(id).resources.push(resource);
  }
  return [...waves.values()].sort((a, b) => PHASES.indexOf(a.phase) - PHASES.indexOf(b.phase) || a.wave - b.wave);
}

// The least number stands for what has to be there before all waves.
function nameWave({ phase, wave }) {
  return wave < -2000000000 ? `${phase}, before all waves` : `${phase}, wave ${wave}`;
}

// How long it took; while it goes on, since when.
function took({ startedAt, finishedAt }) {
  if (!startedAt) return null;
  if (!finishedAt) return [" since ", time(startedAt)];
  return h("span", { class: "quiet", title: `${startedAt} to ${finishedAt}` }, ` ${(new Date(finishedAt) - new Date(startedAt)) / 1000} s`);
}

function line(resource) {
  const word = resource.hookPhase && resource.hookPhase !== "Synced" ? resource.hookPhase : resource.status;
  return h("li", {}, badge(word), " ", h("span", { class: "kind" }, clip(resource.kind, 60)), " ", name(resource.name),
    resource.hookType || resource.hookPhase ? h("span", { class: "quiet" }, " hook") : null,
    took(resource),
    resource.message && h("div", { class: "reason" }, name(resource.message, 600)));
}

export function drawSync({ place }) {
  return {
    update({ status }) {
      const operation = status.operationState;
      if (!operation) {
        replace(place, h("p", {}, "There was no sync yet."));
        return;
      }
      const waves = byWave(operation.syncResult?.resources ?? []);
      replace(place,
        h("p", {}, badge(operation.phase), " ", name(operation.message ?? "", 2000)),
        h("dl", { class: "facts" },
          h("dt", {}, "Revision"), h("dd", {}, commit(operation.syncResult?.revision ?? "")),
          h("dt", {}, "Asked for by"), h("dd", {}, name(operation.initiatedBy ?? "")),
          h("dt", {}, "Began"), h("dd", {}, time(operation.startedAt) ?? "not yet"),
          h("dt", {}, "Ended"), h("dd", {}, time(operation.finishedAt) ?? "not yet"),
          operation.retryCount ? [h("dt", {}, "Tries"), h("dd", {}, String(operation.retryCount + 1))] : null),
        h("ol", { class: "waves", "aria-label": "Waves" }, waves.map((wave) => h("li", { class: "wave" }, h("h2", {}, nameWave(wave)), h("ul", {}, wave.resources.map(line))))));
    },
  };
}
