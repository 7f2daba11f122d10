// A thousand applications: how soon the page is there, whether it stays smooth while sixty of them
// change in a second, and what it takes of memory. Figures are printed; that it works is checked.

import { readFileSync } from "node:fs";
import { check, env, kube, launch, logIn, picture, run, sleep, soon, summary } from "./kit.mjs";

const N = Number(env.MANY);
const PER_SECOND = 60;
const SECONDS = 5;

// What the page's own process has for itself, in MiB.
function privateMib() {
  const pids = run("pgrep", "-f", "type=renderer").trim().split("\n");
  const each = pids.map((pid) => {
    try {
      return [...readFileSync(`/proc/${pid}/smaps_rollup`, "utf8").matchAll(/^Private_\w+:\s+(\d+)/gm)].reduce((sum, [, kib]) => sum + Number(kib), 0);
    } catch {
      return 0;
    }
  });
  return Math.max(...each) / 1024;
}

async function drift() {
  for (let second = 0; second < SECONDS; second++) {
    const from = Date.now();
    await Promise.all(Array.from({ length: PER_SECOND }, (_, i) => {
      const n = (second * PER_SECOND + i) % N;
      return kube(`/api/v1/namespaces/shop/configmaps/app-${n}`, "PATCH", { data: { a: `changed-${second}` } });
    }));
    await sleep(Math.max(0, 1000 - (Date.now() - from)));
  }
}

const browser = await launch();
try {
  const { page, seen } = await logIn(browser, "admin");
  check("all are counted", await soon(async () => (await page.textContent("#view")).includes(`of ${N} applications`)), await page.textContent("#view"));
  await page.reload();
  await soon(async () => (await page.locator(".tile").count()) > 5);
  const paint = await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime);
  check("only what is seen is in the document", (await page.locator(".tile").count()) < 150, await page.locator(".tile").count());
  await page.evaluate(() => {
    window.longest = 0;
    window.slow = 0;
    window.frames = 0;
    let last = performance.now();
    const step = (now) => {
      window.longest = Math.max(window.longest, now - last);
      window.slow += now - last > 100 ? 1 : 0;
      window.frames++;
      last = now;
      requestAnimationFrame(step);
    };
    requestAnimationFrame((now) => { last = now; requestAnimationFrame(step); });
  });
  await drift();
  const frames = await page.evaluate(() => ({ longest: window.longest, slow: window.slow, frames: window.frames }));
  check("their changes are on the page", await soon(async () => /OutOfSync/.test(await page.textContent("#view"))));
  await picture(page, "many");
  await page.fill("input[type=search]", `app-${N - 1}`);
  check("the last one is found", await soon(async () => (await page.locator(".tile").count()) === 1));
  const heap = await page.evaluate(() => performance.memory.usedJSHeapSize / 1048576);
  console.log(`  ${N} applications: first paint after ${Math.round(paint)} ms (wanted: 300); ${PER_SECOND} changes a second: ${frames.slow} of ${frames.frames} frames over 100 ms, ` +
    `the longest ${Math.round(frames.longest)} ms; memory of the page ${privateMib().toFixed(0)} MiB, its objects ${heap.toFixed(1)} MiB (wanted: 100)`);
  check("nothing went wrong", seen.wrong.length === 0, seen.wrong.join("\n"));
} finally {
  await browser.close();
}
summary();
