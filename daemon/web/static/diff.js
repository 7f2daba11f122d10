// Desired against live, object by object: unified or side by side.

import { h, name, replace } from "./dom.js";
import { get } from "./ask.js";

let isSideBySide = false;

// A unified diff of several objects -> [{title, hunks: [[line...]...]}]
export function parseDiff(text) {
  const files = [];
  let file = null;
  const lines = text.split("\n");
  for (let i = 0; i < lines.length; i++) {
    if (lines[i].startsWith("--- ") && lines[i + 1]?.startsWith("+++ ")) {
      file = { title: lines[i + 1].slice(4).split("\t")[0].replace(/^desired /, ""), hunks: [] };
      files.push(file);
      i++;
    } else if (lines[i].startsWith("@@") && file) {
      file.hunks.push([]);
    } else if (file && file.hunks.length > 0 && lines[i] !== "") {
      file.hunks.at(-1).push(lines[i]);
    }
  }
  return files;
}

const SIDES = { "-": "taken", "+": "given", " ": "" };

function unified(hunk) {
  return h("div", { class: "lines" }, hunk.map((line) => h("div", { class: SIDES[line[0]] ?? "" }, h("span", { class: "sign" }, line[0]), name(line.slice(1), 2000))));
}

// Removed and added lines that follow each other stand in one row.
function rows(hunk) {
  const result = [];
  for (let i = 0; i < hunk.length;) {
    const removed = [];
    const added = [];
    while (hunk[i]?.startsWith("-")) removed.push(hunk[i++].slice(1));
    while (hunk[i]?.startsWith("+")) added.push(hunk[i++].slice(1));
    for (let j = 0; j < Math.max(removed.length, added.length); j++) result.push([removed[j], added[j]]);
    if (removed.length + added.length === 0) {
      result.push([hunk[i].slice(1), hunk[i].slice(1), true]);
      i++;
    }
  }
  return result;
}

function sideBySide(hunk) {
  return h("table", { class: "sides" }, h("thead", { class: "hidden" }, h("tr", {}, h("th", { scope: "col" }, "Live"), h("th", { scope: "col" }, "Desired"))),
    h("tbody", {}, rows(hunk).map(([left, right, isSame]) => h("tr", {},
      h("td", { class: isSame || left === undefined ? "" : "taken" }, name(left ?? "", 2000)), h("td", { class: isSame || right === undefined ? "" : "given" }, name(right ?? "", 2000))))));
}

export function showDiff(place, text) {
  const files = parseDiff(text);
  const draw = () => replace(place,
    h("div", { class: "tools" }, h("span", { role: "status" }, files.length === 0 ? "Nothing differs." : `${files.length} objects differ`),
      files.length > 0 && h("button", { type: "button", "aria-pressed": String(isSideBySide), onclick: () => { isSideBySide = !isSideBySide; draw(); } }, "Side by side")),
    files.map(({ title, hunks }) => h("section", { class: "object" }, h("h2", {}, name(title, 600)),
      h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": `Diff of ${title.slice(0, 200)}` }, hunks.map(isSideBySide ? sideBySide : unified)))));
  draw();
}

export function drawDiff({ place, at, fail }) {
  let isGone = false;
  let last = null;
  return {
    async update() {
      try {
        const text = await get(`${at}/diff`);
        // What has not changed is not drawn again: the reader may be reading.
        if (isGone || text === last) return;
        last = text;
        showDiff(place, text);
      } catch (error) {
        if (!isGone) fail(error);
      }
    },
    end() {
      isGone = true;
    },
  };
}
