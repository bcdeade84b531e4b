import { afterAll, beforeAll, expect, test } from "vitest";
import type { Browser } from "playwright-core";
import {
  axeFindings,
  executablePath,
  NO_CHROMIUM,
  openBrowser,
  openPage,
  type Look,
} from "./support/browser.ts";
import { ScriptedAdmin } from "./support/scripted-admin.ts";
import { CHECKOUT, newApp, shop } from "./support/shop.ts";

/** Each page, and a text that stands on it once it has what it shows. */
const PAGES: readonly (readonly [hash: string, heading: string, shown: string])[] = [
  ["#/requests", "Requests", "GET /invoices/:id"],
  [`#/requests/${CHECKOUT}`, "POST /orders", "render receipt"],
  ["#/endpoints", "Endpoints", "/payments.charge"],
  ["#/endpoints/orders.create", "orders.create", "idempotency-key"],
  ["#/services", "Services", "receipts-of-all-customers"],
  ["#/databases", "Databases", "Statement on shop"],
  ["#/databases/shop/public.orders", "Databases", "customer 50"],
  ["#/topics", "Topics", "send-receipt"],
  ["#/topics/order-placed/send-receipt", "order-placed → send-receipt", "no such customer"],
  ["#/cron", "Cron", "sweep-carts"],
  ["#/cron/nightly-report", "nightly-report", "succeeded"],
  ["#/logs", "Logs", "open for business"],
  ["#/metrics", "Metrics", "p99"],
  ["#/secrets", "Secrets", "SmtpPassword"],
];

const LOOKS: readonly (readonly [string, Look])[] = [
  ["in light colours", { width: 1280, scheme: "light" }],
  ["in dark colours", { width: 1280, scheme: "dark" }],
  ["on a phone", { width: 390, scheme: "light" }],
  ["on a phone in dark colours", { width: 390, scheme: "dark" }],
];

let browser: Browser;
let admin: ScriptedAdmin;
let fresh: ScriptedAdmin;

beforeAll(async () => {
  if (executablePath === null) return;
  [admin, fresh] = [new ScriptedAdmin(shop()), new ScriptedAdmin(newApp())];
  await Promise.all([admin.start(), fresh.start()]);
  browser = await openBrowser();
});

afterAll(async () => {
  await browser?.close();
  await Promise.all([admin?.stop(), fresh?.stop()]);
});

test.for(LOOKS)("every page is accessible and fits %s", { timeout: 240_000 }, async ([, look], { skip }) => {
  skip(executablePath === null, NO_CHROMIUM);
  const { page, problems } = await openPage(browser, admin.url, look);
  for (const [hash, heading, shown] of PAGES) {
    await page.goto(`${admin.url}/${hash}`);
    await page.getByRole("heading", { level: 1, name: heading, exact: true }).waitFor();
    await page.getByText(shown).first().waitFor({ state: "attached" });
    expect(await axeFindings(page), hash).toEqual([]);
    expect(await page.evaluate("document.documentElement.scrollWidth"), hash).toBeLessThanOrEqual(look.width);
    expect(await page.title(), hash).toBe(`${heading} · Twinloop`);
  }
  expect(problems).toEqual([]);
  await page.context().close();
});

test(
  "parts that the app does not use say so, and an app without requests teaches",
  { timeout: 90_000 },
  async ({ skip }) => {
    skip(executablePath === null, NO_CHROMIUM);
    const { page, problems } = await openPage(browser, fresh.url, { width: 390, scheme: "light" });
    await page.getByText("curl -i http://localhost:4000").waitFor();
    expect(await axeFindings(page)).toEqual([]);
    for (const name of ["endpoints", "services", "databases", "topics", "cron", "secrets"]) {
      await page.goto(`${fresh.url}/#/${name}`);
      await page.getByText("The app does not use what").waitFor();
      expect(await page.getByRole("alert").count(), name).toBe(0);
      expect(await axeFindings(page), name).toEqual([]);
    }
    await page.goto(`${fresh.url}/#/logs`);
    await page.getByText("The app has written no line yet.").waitFor();
    expect(problems).toEqual([]);
    await page.context().close();
  },
);

test(
  "texts of the app are texts: markup and control characters do nothing",
  { timeout: 90_000 },
  async ({ skip }) => {
    skip(executablePath === null, NO_CHROMIUM);
    const { page, problems } = await openPage(browser, admin.url);
    for (const hash of [
      "#/requests",
      "#/logs",
      "#/databases/shop/public.orders",
      "#/topics/order-placed/send-receipt",
    ]) {
      await page.goto(`${admin.url}/${hash}`);
      await page.getByText("<img src=x").first().waitFor();
      expect(await page.locator("main img").count(), hash).toBe(0);
      const text = (await page.locator("main").textContent()) ?? "";
      expect(text, hash).not.toMatch(/[\u001b\u202e]/);
    }
    await page.goto(`${admin.url}/#/requests/${CHECKOUT}`);
    await page.getByRole("row", { name: /INSERT orders/ }).click();
    await page.getByText("RETURNING id").waitFor();
    expect(await page.locator("main img").count()).toBe(0);
    expect(await page.title()).not.toBe("owned");
    expect(problems).toEqual([]);
    await page.context().close();
  },
);

test("colours are switched by hand, against the system, and stay so", async ({ skip }) => {
  skip(executablePath === null, NO_CHROMIUM);
  const { page } = await openPage(browser, admin.url, { width: 1280, scheme: "light" });
  const ground = (): Promise<string> =>
    page.evaluate("getComputedStyle(document.documentElement).backgroundColor");
  const light = await ground();
  await page.getByRole("radio", { name: "Dark" }).check({ force: true });
  const dark = await ground();
  expect(dark).not.toBe(light);
  await page.reload();
  await page.getByRole("radio", { name: "Dark" }).waitFor();
  expect(await ground()).toBe(dark);
  await page.getByRole("radio", { name: "Auto" }).check({ force: true });
  expect(await ground()).toBe(light);
  await page.context().close();
});
