// The checklist of the last deployment, with its evidence.

import { h, name, badge, time, replace } from "./dom.js";
import { get, post, may, segment } from "./ask.js";
import { on } from "./live.js";

const ORDER = ["fail", "unknown", "pass"];

export function validation({ view, fail }) {
  const place = h("div", {});

  async function run(app) {
    try {
      await post(`/v1/validation/${segment(app)}`);
      load();
    } catch (error) {
      fail(error);
    }
  }

  function checklist(it) {
    const checks = [...(it.checks ?? [])].sort((a, b) => ORDER.indexOf(a.outcome) - ORDER.indexOf(b.outcome));
    return h("section", {}, h("h2", {}, h("a", { href: `/ui/apps/${segment(it.app ?? it.name)}` }, name(it.app ?? it.name)), " ", time(it.finishedAt ?? it.at),
      may("sync") && [" ", h("button", { type: "button", onclick: () => run(it.app ?? it.name) }, "Check now")]),
    h("ul", { class: "checks" }, checks.map((check) => h("li", {}, badge(check.outcome), " ", h("strong", {}, name(check.check ?? check.name)), " ",
      h("span", { class: "quiet" }, name(check.type ?? "")), " ", name(check.message ?? "", 1000),
      (check.evidence ?? []).length > 0 && h("ul", {}, check.evidence.slice(0, 50).map((line) => h("li", {}, name(typeof line === "string" ? line : JSON.stringify(line), 600))))))));
  }

  async function load() {
    try {
      const { items } = await get("/v1/validation");
      replace(place, items.length === 0 ? h("p", {}, "No checks are configured.") : items.map(checklist));
    } catch (error) {
      fail(error);
    }
  }

  let timer = 0;
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(load, 500);
  };
  const stop = [on("app", soon), on("reset", load)];
  replace(view, h("h1", {}, "Validation"), place);
  load();
  return () => {
    clearTimeout(timer);
    stop.forEach((end) => end());
  };
}
