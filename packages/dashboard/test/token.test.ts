import { afterEach, beforeEach, expect, test } from "vitest";
import type { Browser } from "playwright-core";
import { axeFindings, executablePath, NO_CHROMIUM, openBrowser, openPage } from "./support/browser.ts";
import { ScriptedAdmin } from "./support/scripted-admin.ts";
import { shop, summary } from "./support/shop.ts";

let browser: Browser;
let admin: ScriptedAdmin;

beforeEach(async ({ skip }) => {
  skip(executablePath === null, NO_CHROMIUM);
  admin = new ScriptedAdmin({ ...shop(), token: "correct horse" });
  await admin.start();
  browser = await openBrowser();
});

afterEach(async () => {
  await browser?.close();
  await admin?.stop();
});

test(
  "a token is asked for, tried, kept for the tab, and sent with all that is asked",
  { timeout: 60_000 },
  async () => {
    const { page, problems } = await openPage(browser, admin.url);
    await page.getByRole("heading", { name: "This app asks for its token" }).waitFor();
    expect(await axeFindings(page)).toEqual([]);
    await expect.poll(() => page.title()).toBe("Twinloop");
    const field = page.getByLabel("Token");
    await field.fill("guessed");
    await page.keyboard.press("Enter");
    await page.getByText("The app does not accept this token.").waitFor();
    expect(await field.getAttribute("aria-invalid")).toBe("true");
    await field.fill("correct horse");
    await page.keyboard.press("Enter");
    await page.getByRole("link", { name: "GET /invoices/:id" }).waitFor();
    await expect.poll(() => admin.streams).toBe(1);
    admin.emit({ event: "trace", data: summary("f1".repeat(16), { name: "GET /with-token" }) });
    await page.getByRole("link", { name: "GET /with-token" }).waitFor();

    await page.reload();
    await page.getByRole("link", { name: "GET /with-token" }).waitFor();
    const kept = await page.evaluate(
      "[sessionStorage.length, JSON.stringify(localStorage).includes('horse')]",
    );
    expect(kept).toEqual([1, false]);
    expect(admin.paths.every((path) => !path.includes("horse"))).toBe(true);
    expect(problems).toEqual([]);
  },
);

test("a token that the app no longer accepts is asked for again", { timeout: 60_000 }, async () => {
  const { page } = await openPage(browser, admin.url);
  await page.getByLabel("Token").fill("correct horse");
  await page.keyboard.press("Enter");
  await page.getByText("live", { exact: true }).waitFor();
  admin.script.token = "another";
  await page.getByRole("link", { name: "Secrets" }).click();
  await page.getByLabel("Token").fill("another");
  await page.keyboard.press("Enter");
  await page.getByText("StripeKey").waitFor();
  await page.getByText("live", { exact: true }).waitFor();
});
