import { afterAll, beforeAll, expect, test } from "vitest";
import type { Browser, Page } from "playwright-core";
import { axeFindings, executablePath, NO_CHROMIUM, openBrowser, openPage } from "./support/browser.ts";
import { ScriptedAdmin } from "./support/scripted-admin.ts";
import { CHECKOUT, shop } from "./support/shop.ts";

let browser: Browser;
let admin: ScriptedAdmin;

beforeAll(async () => {
  if (executablePath === null) return;
  admin = new ScriptedAdmin(shop());
  await admin.start();
  browser = await openBrowser();
});

afterAll(async () => {
  await browser?.close();
  await admin?.stop();
});

/** The text of what has the focus, and whether one sees that it has. */
async function focused(page: Page): Promise<{ text: string; isSeen: boolean }> {
  return page.evaluate(`(() => {
    const element = document.activeElement;
    const style = getComputedStyle(element);
    return { text: element.innerText.trim().split("\\n")[0], isSeen: style.outlineStyle === "solid" && parseFloat(style.outlineWidth) >= 2 };
  })()`);
}

/** Presses Tab until something has the focus that begins with a text. */
async function tabTo(page: Page, text: string): Promise<void> {
  for (let steps = 0; steps < 40; steps += 1) {
    await page.keyboard.press("Tab");
    if ((await focused(page)).text.startsWith(text)) return;
  }
  throw new Error(`40 steps of Tab have not reached ${text}.`);
}

test(
  "the pages are reached without a mouse, and one sees where one is",
  { timeout: 60_000 },
  async ({ skip }) => {
    skip(executablePath === null, NO_CHROMIUM);
    const { page } = await openPage(browser, admin.url);
    await page.getByRole("link", { name: "GET /invoices/:id" }).waitFor();
    await page.keyboard.press("Tab");
    expect(await focused(page)).toEqual({ text: "Skip to the page", isSeen: true });
    await tabTo(page, "Logs");
    expect((await focused(page)).isSeen).toBe(true);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: "Logs" }).waitFor();
    await expect.poll(async () => (await focused(page)).text).toBe("Logs");

    await page.goto(`${admin.url}/#/requests`);
    await page.getByRole("link", { name: "GET /invoices/:id" }).waitFor();
    await tabTo(page, "GET /invoices/:id");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: "GET /invoices/:id" }).waitFor();
    await page.context().close();
  },
);

test(
  "a waterfall is walked by arrows, and a statement's plan is asked for",
  { timeout: 60_000 },
  async ({ skip }) => {
    skip(executablePath === null, NO_CHROMIUM);
    const { page, problems } = await openPage(browser, admin.url);
    await page.goto(`${admin.url}/#/requests/${CHECKOUT}`);
    const rows = page.getByRole("treegrid").getByRole("row");
    await rows.filter({ hasText: "render receipt" }).waitFor();
    expect(await rows.count()).toBe(12);
    await tabTo(page, "▾");
    expect((await focused(page)).isSeen).toBe(true);

    for (const key of ["ArrowDown", "ArrowDown", "ArrowDown"]) await page.keyboard.press(key);
    const selected = page.locator('[role="row"][aria-selected="true"]');
    expect(await selected.textContent()).toContain("handler");
    await page.keyboard.press("ArrowLeft");
    expect(await selected.getAttribute("aria-expanded")).toBe("false");
    expect(await rows.count()).toBe(5);
    await page.keyboard.press("ArrowRight");
    expect(await rows.count()).toBe(12);
    await page.keyboard.press("ArrowRight");
    expect(await selected.textContent()).toContain("INSERT orders");
    await page.keyboard.press("ArrowLeft");
    expect(await selected.textContent()).toContain("handler");
    await page.keyboard.press("End");
    expect(await selected.textContent()).toContain("render receipt");
    await page.keyboard.press("ArrowUp");
    await page.getByText("The mail server answered 451.").waitFor();
    expect(await page.getByRole("region", { name: "The chosen span" }).textContent()).toContain("exception");

    await page.keyboard.press("Home");
    for (let step = 0; step < 4; step += 1) await page.keyboard.press("ArrowDown");
    await tabTo(page, "Show the plan");
    await page.keyboard.press("Enter");
    await page.getByText("Index Scan on cards by cards_customer").waitFor();
    expect(admin.asked.at(-1)).toMatchObject({ tool: "databases.explain", input: { database: "shop" } });
    expect(await axeFindings(page)).toEqual([]);
    expect(problems).toEqual([]);
    await page.context().close();
  },
);

test("the menu of a phone opens and closes by keys", { timeout: 60_000 }, async ({ skip }) => {
  skip(executablePath === null, NO_CHROMIUM);
  const { page } = await openPage(browser, admin.url, { width: 390, scheme: "dark" });
  const menu = page.getByRole("button", { name: "Menu" });
  await menu.focus();
  await page.keyboard.press("Enter");
  expect(await menu.getAttribute("aria-expanded")).toBe("true");
  expect(await axeFindings(page)).toEqual([]);
  await tabTo(page, "Cron");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "Cron" }).waitFor();
  await expect.poll(() => menu.getAttribute("aria-expanded")).toBe("false");
  await page.context().close();
});
