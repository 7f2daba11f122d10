// The checklist of the last deployment, with its evidence.

import { h, name, badge, time, replace } from "./dom.js";
import { get, post, may, segment } from "./ask.js";
import { on } from "./live.js";

const ORDER = ["fail", "error", "wait", "pass", "skip"];

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
    return h("section", {}, h("h2", {}, h("a", { href: `/ui/apps/${segment(it.app)}` }, name(it.app)), " ", badge(it.outcome),
      it.running && [" ", badge("running", "busy")], may("sync") && [" ", h("button", { type: "button", onclick: () => run(it.app) }, "Check now")]),
    h("ul", { class: "checks" }, checks.map((check) => h("li", {}, badge(check.outcome), " ", h("strong", {}, name(check.check)), " ",
      h("span", { class: "quiet" }, name(check.type), " ", time(check.startedAt), check.gate && " gates the health"), " ", name(check.reason, 300),
      check.evidence && h("div", { class: "reason" }, name(check.evidence, 2000))))));
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
