// What people do with the page, end to end, and asked of the servers behind it afterwards: a sync
// watched live, a rollback, an approval, a restart of the daemon, roles, and hostile texts.

import { readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { check, ctl, daemonPid, env, kube, launch, logIn, picture, run, sleep, soon, startDaemon, summary } from "./kit.mjs";

const DEPLOYMENTS = "/apis/apps/v1/namespaces/judge/deployments";
const VALUES = `${env.REPO}/charts/judge/values.yaml`;
const CANARIES = ["s3ss10n-k3y", "0idc-s3cr3t", "c00kie-s3cr3t", "c1pher-s3cr3t", "jwt-k3y-one", "jwt-k3y-two", "v4ult-t0ken-c4n4ry"];

const image = async (name) => (await kube(`${DEPLOYMENTS}/${name}`)).spec.template.spec.containers[0].image;
const appStatus = () => JSON.parse(ctl("app", "get", "judge-platform", "-o", "json")).status;
const isWell = () => {
  const status = appStatus();
  return status.sync.status === "Synced" && status.health.status === "Healthy" && status.operationState.phase === "Succeeded";
};

function push(message, change) {
  writeFileSync(VALUES, change(readFileSync(VALUES, "utf8")));
  run("git", "-C", env.REPO, "commit", "-qam", message);
  run("git", "-C", env.REPO, "push", "-q", "origin", "main");
  ctl("app", "refresh", "judge-platform");
  return run("git", "-C", env.REPO, "rev-parse", "HEAD").trim();
}

// From the first wave to the last, as the page shows it.
async function liveSync(page) {
  await page.goto(`${env.SITE}/ui/apps/judge-platform/sync`);
  await soon(async () => (await page.textContent("#view")).includes("Succeeded"));
  await page.evaluate(() => {
    window.shown = [];
    new MutationObserver(() => window.shown.push(document.getElementById("view").textContent)).observe(document.getElementById("view"), { childList: true, subtree: true, characterData: true });
  });
  const commit = push("a slower gateway", (text) => `${text}\n# one\n`.replace(/^(\s+tag: \S+)$/gm, "$1-next"));
  check("a sync begins on the page by itself", await soon(async () => (await page.evaluate(() => window.shown.some((text) => text.includes("Running"))))));
  await picture(page, "sync-live");
  check("and ends there", await soon(async () => (await page.textContent("#view")).includes(commit.slice(0, 12)) && (await page.textContent("#view")).includes("Succeeded"), 40000));
  const shown = await page.evaluate(() => window.shown.join("\n"));
  check("its waves were seen", ["PreSync", "PostSync"].every((phase) => shown.includes(phase)));
  check("what blocked it was said", /blocked by|is not available|are available|it is running/i.test(shown));
  check("all is well afterwards", await soon(isWell));
  return commit;
}

async function rollback(page, before) {
  await page.goto(`${env.SITE}/ui/apps/judge-platform/history`);
  const row = page.locator("tr", { hasText: before.slice(0, 12) }).first();
  await row.locator("button").click();
  check("the diff it would make is shown", await soon(async () => (await page.textContent(".preview")).includes("objects differ")));
  await picture(page, "rollback");
  await page.click(".preview button.danger");
  await page.click("dialog button.danger");
  check("the page says that it is held", await soon(async () => (await page.textContent("#view")).includes("whatever is committed")));
  check("the cluster has the image of before", await soon(async () => (await image("kratos")) === env.IMAGE));
  check("the revision is the one of before", await soon(() => appStatus().sync.revision === before || appStatus().operationState.syncResult.revision === before));
  push("while it is held", (text) => `${text}\n# two\n`);
  await sleep(1500);
  check("a commit does not end it", (await image("kratos")) === env.IMAGE);
  await page.getByRole("button", { name: "Resume" }).click();
  check("resuming goes on with the newest", await soon(async () => (await image("kratos")) !== env.IMAGE && isWell(), 40000));
}

async function suspend(page) {
  await page.getByRole("button", { name: "Suspend" }).click();
  await page.fill("dialog input[name=reason]", "<b>looking</b> at it");
  await page.click("dialog button[value=yes]");
  check("a suspension and its reason are shown as text", await soon(async () => (await page.textContent(".hold")).includes("<b>looking</b> at it")));
  check("and in force", appStatus().hold?.suspended?.reason === "<b>looking</b> at it");
  await page.getByRole("button", { name: "Resume" }).click();
  check("it is ended", await soon(() => !appStatus().hold));
}

async function approve(page) {
  writeFileSync(`${env.INFRA}/twin/aws/browser.tf`, 'resource "terraform_data" "browser" {\n  input = "page"\n}\n');
  run("git", "-C", env.INFRA, "add", "-A");
  run("git", "-C", env.INFRA, "commit", "-qm", "one more");
  run("git", "-C", env.INFRA, "push", "-q", "origin", "main");
  ctl("repository", "poll", "infra");
  await page.goto(`${env.SITE}/ui/stacks/aws`);
  check("the plan is shown", await soon(async () => (await page.textContent("#view")).includes("terraform_data.browser"), 40000));
  await page.getByRole("button", { name: "Approve" }).click();
  await page.click("dialog button[value=yes]");
  const stack = () => JSON.parse(ctl("terraform", "get", "aws", "-o", "json"));
  check("it is applied", await soon(() => stack().phase === "applied" && stack().run.approvals.length > 0, 40000), JSON.stringify(stack().run));
  check("in the name of who approved", stack().run.approvals[0]?.by === "admin");
  check("the page follows", await soon(async () => (await page.textContent("h1")).includes("applied")));
  check("with its log", await soon(async () => (await page.textContent("pre.log")).includes("Apply complete")));
}

// The state from before the last apply comes back: refused, as it is older, unless it is asked for.
async function restore(page) {
  const stack = () => JSON.parse(ctl("terraform", "get", "aws", "-o", "json"));
  const state = () => readFileSync(`${dirname(env.CONFIG)}/aws.tfstate`, "utf8");
  const { serial } = JSON.parse(ctl("terraform", "backups", "aws", "-o", "json")).items[0];
  const ask = async (isForced) => {
    await page.getByRole("button", { name: `Restore serial ${serial},` }).first().click();
    check("a restore names its serial", (await page.textContent("dialog h2")).includes(`serial ${serial}?`));
    if (isForced) await page.check("dialog input[name=force]");
    await page.click("dialog button[value=yes]");
  };
  await page.goto(`${env.SITE}/ui/stacks/aws`);
  await ask(false);
  check("an older state is refused", await soon(async () => (await page.textContent("#view")).includes("is lower than the state's")), JSON.stringify(stack().run));
  await ask(true);
  check("it waits for approval", await soon(() => stack().phase === "awaiting-approval"), JSON.stringify(stack().run));
  check("what it would do is shown", await soon(async () => new RegExp(`\\d+ → ${serial}`).test(await page.textContent(".facts"))), await page.textContent("#view"));
  await picture(page, "restore");
  check("nothing is restored yet", state().includes("browser"));
  await page.getByRole("button", { name: "Approve" }).click();
  await page.click("dialog button[value=yes]");
  check("the state is the one of before", await soon(() => !state().includes("browser")), JSON.stringify(stack().run));
  check("the page says so", await soon(async () => (await page.locator("tr", { hasText: "restored" }).count()) > 0), await page.textContent("#view"));
}

// Another value in Vault: who reads it is restarted, and the page says who.
async function rotate(page) {
  await fetch(`${env.VAULT}/v1/secret/data/judge/gateway`, { method: "POST", headers: { "X-Vault-Token": "root" }, body: JSON.stringify({ data: { "jwt-key": "jwt-k3y-two" } }) });
  await page.goto(`${env.SITE}/ui/secrets`);
  const row = page.locator("tr", { hasText: "judge/gateway-secrets" });
  await row.getByRole("button", { name: "Refresh judge/gateway-secrets now" }).click();
  await page.evaluate(() => document.activeElement.blur());
  check("what was restarted for a secret is told", await soon(async () => /restarted .*: Deployment\/gateway/.test(await row.textContent())), await row.textContent());
  const store = page.locator("tr", { hasText: "SecretStore/vault" }).first();
  check("and how its store fares", /Ready.*\d.*ago.*asked/.test(await store.textContent()), await store.textContent());
  await picture(page, "restarted");
}

async function restart(page) {
  await page.goto(`${env.SITE}/ui/`);
  await soon(async () => (await page.textContent("#view")).includes("judge-platform"));
  process.kill(daemonPid(), "SIGKILL");
  check("the page says that nobody answers", await soon(async () => (await page.textContent("#state")).includes("does not answer")));
  startDaemon();
  check("and finds the daemon again by itself", await soon(async () => (await page.textContent("#state")) === "", 30000), await page.textContent("#state"));
  check("nobody has to log in again", page.url().endsWith("/ui/"));
  await soon(isWell, 30000);
}

async function roles(browser) {
  const { page, context } = await logIn(browser, "reader");
  for (const path of ["apps/judge-platform", "apps/judge-platform/history", "stacks/aws", "secrets"]) {
    await page.goto(`${env.SITE}/ui/${path}`);
    await page.waitForTimeout(700);
    const buttons = await page.locator("#view button").allTextContents();
    check(`who may only read sees no button that works in ${path}`, buttons.every((text) => ["Side by side", "Logs", "Events"].includes(text)), buttons.join(", "));
  }
  const status = await page.evaluate(async () => {
    const token = document.getElementById("session").dataset.token;
    const ask = (path) => fetch(path, { method: "POST", headers: { "X-CSRF-Token": token }, body: "{}" }).then((reply) => reply.status);
    return Promise.all([ask("/v1/apps/judge-platform/sync"), ask("/v1/apps/judge-platform/rollback"), ask("/v1/terraform/aws/approve"), ask("/v1/terraform/aws/restore")]);
  });
  check("and the API refuses", status.every((one) => one === 403), status.join());
  await context.close();
}

// Names, labels and log lines of somebody who means harm.
async function hostile(page, seen) {
  const pods = (await kube("/api/v1/namespaces/judge/pods")).items.filter((pod) => pod.metadata.name.startsWith("gateway"));
  const harm = `<script>alert(1)</script><img src=x onerror=alert(2)> \u202eright to left\u202c ${"x".repeat(1 << 20)}`;
  await kube(`/api/v1/namespaces/judge/pods/${pods[0].metadata.name}`, "PATCH", { metadata: { annotations: { "kubeapi.test/log": harm } } });
  await page.goto(`${env.SITE}/ui/apps/judge-platform`);
  await soon(async () => (await page.textContent("#view")).includes("Deployment"));
  await page.evaluate(() => document.querySelectorAll("details").forEach((it) => { it.open = true; }));
  await page.locator("li", { hasText: pods[0].metadata.name }).last().getByRole("button", { name: "Logs" }).click();
  check("a log's markup is text", await soon(async () => (await page.textContent("pre.log")).includes("x".repeat(1000))));
  check("and made nothing", (await page.locator("pre.log *").count()) === 0);
  await page.goto(`${env.SITE}/ui/apps/${encodeURIComponent("<script>alert(3)</script>")}`);
  check("so is a name in an address", await soon(async () => (await page.textContent("h1")).includes("<script>alert(3)</script>")));
  check("no script of theirs ran", seen.wrong.every((line) => !line.includes("dialog")), seen.wrong.join("\n"));
}

const browser = await launch();
try {
  const before = run("git", "-C", env.REPO, "rev-parse", "HEAD").trim();
  env.IMAGE = await image("kratos");
  let { page, seen } = await logIn(browser, "admin");
  await liveSync(page);
  await rollback(page, before);
  await suspend(page);
  await approve(page);
  await restore(page);
  await rotate(page);
  await hostile(page, seen);
  await restart(page);
  check("nothing went wrong in the page", seen.wrong.length === 0, seen.wrong.join("\n"));
  const leaked = CANARIES.filter((canary) => seen.bodies.some((body) => body.includes(canary)));
  check("no answer held a secret", seen.bodies.length > 30 && leaked.length === 0, leaked.join());
  await roles(browser);
} finally {
  await browser.close();
}
summary();
