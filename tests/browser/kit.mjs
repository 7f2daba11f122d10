// What the browser's tests share: a Chromium, checks that are counted, and asking the servers behind
// the page themselves.

import { createRequire } from "node:module";
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, openSync, readFileSync } from "node:fs";

const modules = createRequire(`${process.env.MODULES}/package.json`);
const { chromium } = modules("playwright-core");
const axe = readFileSync(modules.resolve("axe-core/axe.min.js"), "utf8");

export const env = process.env;
const counts = { passed: 0, failed: 0 };
const PATIENCE_MS = 20000;

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export function check(what, isSo, more) {
  counts[isSo ? "passed" : "failed"]++;
  if (!isSo) console.log(`FAIL: ${what}${more === undefined ? "" : `: ${String(more).slice(0, 1500)}`}`);
  return isSo;
}

// Whether something becomes so within a time.
export async function soon(question, patience = PATIENCE_MS) {
  const end = Date.now() + patience;
  for (;;) {
    try {
      if (await question()) return true;
    } catch { /* not yet */ }
    if (Date.now() > end) return false;
    await sleep(50);
  }
}

export function summary() {
  console.log(`${counts.passed} passed, ${counts.failed} failed`);
  process.exitCode = counts.failed > 0 || counts.passed === 0 ? 1 : 0;
}

export async function kube(path, method = "GET", body, type = "application/merge-patch+json") {
  const reply = await fetch(env.KUBE + path, { method, body: body && JSON.stringify(body), headers: { "Content-Type": type } });
  return reply.json();
}

export function run(program, ...words) {
  return execFileSync(program, words, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

export const ctl = (...words) => run(env.CTL, ...words);

export function startDaemon() {
  const log = openSync(env.DAEMON_LOG, "a");
  const daemon = spawn(env.DAEMON, ["--config", env.CONFIG], { stdio: ["ignore", log, log], detached: true });
  daemon.unref();
  run("sh", "-c", `echo ${daemon.pid} > "$1"`, "sh", env.PID_FILE);
}

export const daemonPid = () => Number(readFileSync(env.PID_FILE, "utf8"));

export const launch = () => chromium.launch({
  executablePath: env.CHROMIUM,
  args: ["--no-sandbox", "--disable-dev-shm-usage", "--enable-precise-memory-info"],
});

// Every byte a page was answered with, and everything that went wrong in it.
export function watch(page) {
  const seen = { bodies: [], wrong: [] };
  page.on("response", async (reply) => {
    if (reply.url().includes("/v1/changes") || reply.url().includes("follow=true")) return;
    seen.bodies.push(await reply.text().catch(() => ""));
  });
  page.on("pageerror", (error) => seen.wrong.push(error.message));
  page.on("console", (line) => {
    // A refusal that is asked for on purpose is no fault of the page's.
    if (line.type() === "error" && !/Failed to load resource/.test(line.text())) seen.wrong.push(line.text());
  });
  page.on("dialog", (dialog) => {
    seen.wrong.push(`a dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  return seen;
}

export async function logIn(browser, name, options = {}) {
  const context = await browser.newContext({ ignoreHTTPSErrors: true, viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const seen = watch(page);
  await page.goto(`${env.SITE}/ui/`);
  await page.fill("#token", readFileSync(`${env.PKI}/${name}.token`, "utf8").trim());
  await page.click("button[type=submit]");
  await page.waitForURL("**/ui/");
  return { context, page, seen };
}

// What axe-core finds that keeps somebody out.
export async function barriers(page) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  return violations.filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map((node) => `${node.html.slice(0, 120)} ${node.any[0]?.message ?? ""}`).join(" | ")}`);
}

export async function picture(page, name) {
  if (!env.PICTURES) return;
  mkdirSync(env.PICTURES, { recursive: true });
  await page.screenshot({ path: `${env.PICTURES}/${name}.png` });
}
