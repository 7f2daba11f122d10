// Each view, in light and dark, wide and narrow: it shows what there is, keeps nobody out, fits, and
// reads by keyboard alone. PICTURES: a folder for a picture of each.

import { barriers, check, env, launch, logIn, picture, soon, summary } from "./kit.mjs";

const VIEWS = [
  ["overview", "/ui/", "judge-platform"], ["table", "/ui/?view=table", "judge-platform"],
  ["resources", "/ui/apps/judge-platform", "Deployment"], ["sync", "/ui/apps/judge-platform/sync", "PreSync"],
  ["diff", "/ui/apps/judge-platform/diff", "differ"], ["history", "/ui/apps/judge-platform/history", "(now)"],
  ["stacks", "/ui/stacks", "aws"], ["stack", "/ui/stacks/aws", "terraform_data"],
  ["secrets", "/ui/secrets", "judge/judge-api-secrets"], ["validation", "/ui/validation", "pods"],
];
const LOOKS = [["light", 1280], ["dark", 1280], ["light", 360], ["dark", 360]];

async function look(browser, scheme, width) {
  const { context, page, seen } = await logIn(browser, "admin", { colorScheme: scheme, viewport: { width, height: 900 } });
  for (const [name, path, text] of VIEWS) {
    const what = `${name}, ${scheme}, ${width} px`;
    await page.goto(env.SITE + path);
    check(`${what}: it shows what there is`, await soon(async () => (await page.textContent("#view")).includes(text)), await page.textContent("#view"));
    await page.waitForTimeout(300);
    const found = await barriers(page);
    check(`${what}: it keeps nobody out`, found.length === 0, found.join("\n"));
    const { scrollWidth } = await page.evaluate(() => document.documentElement);
    check(`${what}: it is as wide as the window`, (await page.evaluate(() => document.documentElement.scrollWidth)) <= width, scrollWidth);
    await picture(page, `${name}-${scheme}-${width}`);
  }
  check(`${scheme}, ${width} px: nothing went wrong`, seen.wrong.length === 0, seen.wrong.join("\n"));
  await context.close();
}

async function byKeyboard(browser) {
  const { context, page } = await logIn(browser, "admin");
  await soon(async () => (await page.textContent("#view")).includes("judge-platform"));
  await page.keyboard.press("/");
  check("a key leads to the search", await page.evaluate(() => document.activeElement.type === "search"));
  await page.keyboard.type("nothing of that name");
  check("what does not match is not shown", await soon(async () => (await page.locator(".tile").count()) === 0));
  check("the address can be shared", page.url().includes("q=nothing"));
  await page.fill("input[type=search]", "judge");
  await soon(async () => (await page.locator(".tile").count()) === 1);
  for (let i = 0; i < 8 && !(await page.evaluate(() => document.activeElement.classList.contains("tile"))); i++) await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  check("an application is opened by keyboard", await soon(() => page.url().endsWith("/ui/apps/judge-platform")));
  check("what is new is where the reader is", await page.evaluate(() => document.activeElement.id === "view"));
  await page.goBack();
  check("and left by going back", await soon(() => page.url().includes("q=judge")));
  await context.close();
}

async function withoutScript(browser) {
  const { context, page } = await logIn(browser, "admin", { javaScriptEnabled: false });
  check("without JavaScript the overview reads", (await page.textContent("body")).includes("judge-platform"));
  check("with how things stand", (await page.textContent("body")).includes("Healthy"));
  await context.close();
}

const browser = await launch();
try {
  for (const [scheme, width] of LOOKS) await look(browser, scheme, width);
  await byKeyboard(browser);
  await withoutScript(browser);
} finally {
  await browser.close();
}
summary();
