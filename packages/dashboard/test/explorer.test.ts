import { afterEach, beforeEach, expect, test } from "vitest";
import type { Browser } from "playwright-core";
import { axeFindings, executablePath, NO_CHROMIUM, openBrowser, openPage } from "./support/browser.ts";
import { Refusal, ScriptedAdmin } from "./support/scripted-admin.ts";
import { CHECKOUT, shop } from "./support/shop.ts";

let browser: Browser;
let admin: ScriptedAdmin;

beforeEach(async ({ skip }) => {
  skip(executablePath === null, NO_CHROMIUM);
  admin = new ScriptedAdmin(shop());
  await admin.start();
  browser = await openBrowser();
});

afterEach(async () => {
  await browser?.close();
  await admin?.stop();
});

test("a form is filled in and sent, and the call is kept with its trace", { timeout: 60_000 }, async () => {
  const { page, problems } = await openPage(browser, admin.url);
  await page.goto(`${admin.url}/#/endpoints`);
  await page.getByRole("link", { name: /POST \/orders/ }).click();
  await page.getByLabel("dryRun").selectOption("true");
  await page.getByLabel("customer").fill("Ada");
  await page.getByLabel("speed").selectOption({ label: "express" });
  await page.getByLabel("total").fill("12.5");
  await page.getByLabel("deliverOn").fill("2026-03-10");
  await page.getByRole("button", { name: "Add an entry to lines" }).click();
  await page.getByLabel("sku").fill("tea");
  await page.getByLabel("count").fill("x");
  await page.getByLabel("payment").fill('{"card": "4242"}');
  await page.getByLabel(/authorization: Bearer/).fill("Authorization: Bearer secret-of-ada");
  await page.getByRole("button", { name: "Send", exact: true }).click();
  await page.getByText("is no number").waitFor();
  expect(admin.asked.map(({ tool }) => tool)).not.toContain("endpoints.call");
  await page.getByLabel("count").fill("2");
  await page.getByRole("button", { name: "Send", exact: true }).click();
  const answer = page.getByRole("region", { name: "Answer", exact: true });
  await answer.getByText('"id": 7').waitFor();
  expect(admin.asked.at(-1)).toEqual({
    tool: "endpoints.call",
    input: {
      method: "POST",
      path: "/orders?dryRun=true",
      headers: { "content-type": "application/json", authorization: "Bearer secret-of-ada" },
      body: '{"customer":"Ada","speed":"express","total":12.5,"deliverOn":"2026-03-10","lines":[{"sku":"tea","count":2}],"payment":{"card":"4242"}}',
    },
  });
  expect(await axeFindings(page)).toEqual([]);

  await page.reload();
  const past = page.getByRole("region", { name: "Your calls" });
  await past.getByText("POST /orders?dryRun=true").waitFor();
  expect(await page.evaluate("JSON.stringify(localStorage)")).not.toContain("secret-of-ada");
  await past.getByRole("link", { name: /^Trace of the call/ }).click();
  await page.getByText(CHECKOUT).first().waitFor();
  expect(problems).toEqual([]);
});

test("what the app refuses to send is told with code and hint", { timeout: 60_000 }, async () => {
  admin.script.answers["endpoints.call"] = () => {
    throw new Refusal("unavailable", "Nobody listens.", "Start the app with a port.");
  };
  const { page } = await openPage(browser, admin.url);
  await page.goto(`${admin.url}/#/endpoints/orders.find`);
  await page.getByRole("button", { name: "Send", exact: true }).click();
  await page.getByText("is part of the path and must be given").waitFor();
  await page.getByLabel("id").fill("7");
  await page.keyboard.press("Enter");
  const alert = page.getByRole("alert");
  await alert.getByText("Nobody listens.").waitFor();
  expect(await alert.textContent()).toContain("unavailable");
  expect(await alert.textContent()).toContain("Start the app with a port.");
});

test("tables are read page by page, and statements run and explained", { timeout: 60_000 }, async () => {
  const { page, problems } = await openPage(browser, admin.url);
  await page.goto(`${admin.url}/#/databases`);
  await page.getByRole("link", { name: /^orders/ }).click();
  await page.getByText("Rows 1 to 50 of about 9,408").waitFor();
  await page.getByRole("button", { name: "Next" }).click();
  await page.getByText("Rows 51 to 59").waitFor();
  expect(await page.getByRole("button", { name: "Next" }).isDisabled()).toBe(true);
  await page.getByText("Columns").click();
  await page.getByText("bigint").waitFor();
  await page.getByRole("link", { name: "Write a statement instead" }).click();
  await page.getByLabel("SQL").fill("SELECT * FROM orders");
  await page.keyboard.press("Control+Enter");
  await page.getByText(/51.rows in/).waitFor();
  await page.getByRole("button", { name: "Explain", exact: true }).click();
  await page.getByText("Seq Scan on orders").waitFor();
  expect(admin.asked.at(-1)).toEqual({
    tool: "databases.explain",
    input: { database: "shop", sql: "SELECT * FROM orders", analyze: false },
  });
  admin.script.answers["databases.query"] = () => {
    throw new Refusal("invalid_argument", "cannot execute DELETE in a read-only transaction");
  };
  await page.getByLabel("SQL").fill("DELETE FROM orders");
  await page.getByRole("button", { name: "Run", exact: true }).click();
  await page.getByText("cannot execute DELETE in a read-only transaction").waitFor();
  expect(problems).toEqual([]);
});

test("dead letters are put back, and subscriptions paused", { timeout: 60_000 }, async () => {
  const { page, problems } = await openPage(browser, admin.url);
  await page.goto(`${admin.url}/#/topics`);
  await page.getByRole("button", { name: "Pause send-receipt" }).click();
  await page.getByText("paused", { exact: true }).waitFor();
  await page.getByRole("link", { name: "send-receipt" }).click();
  await page.getByRole("checkbox", { name: "Pick d2" }).check();
  await page.getByRole("button", { name: "Redrive picked (1)" }).click();
  await page.getByText(/1.message was put back/).waitFor();
  expect(admin.asked.find(({ tool }) => tool === "topics.redrive")?.input).toEqual({
    topic: "order-placed",
    subscription: "send-receipt",
    ids: ["d2"],
  });
  await page.getByRole("button", { name: "Redrive all" }).click();
  await page.getByText(/Put back 2.messages\?/).waitFor();
  await page.getByRole("button", { name: "Yes" }).click();
  await page.getByText(/2.messages were put back/).waitFor();
  expect(problems).toEqual([]);
});

test("a job is triggered after a question, and paused", { timeout: 60_000 }, async () => {
  const { page } = await openPage(browser, admin.url);
  await page.goto(`${admin.url}/#/cron`);
  await page.getByRole("button", { name: "Run now sweep-carts" }).click();
  expect(admin.asked.map(({ tool }) => tool)).not.toContain("cron.trigger");
  await page.getByRole("button", { name: "Yes" }).click();
  await expect
    .poll(() => admin.asked.find(({ tool }) => tool === "cron.trigger")?.input)
    .toEqual({ job: "sweep-carts" });
  await page.getByRole("button", { name: "Resume old-import" }).click();
  await expect
    .poll(() => admin.asked.find(({ tool }) => tool === "cron.resume")?.input)
    .toEqual({ job: "old-import" });
});

test("charts have axes and units, and their values as text", { timeout: 60_000 }, async () => {
  const { page } = await openPage(browser, admin.url);
  await page.goto(`${admin.url}/#/metrics`);
  const latency = page.getByRole("figure", { name: /Latency/ });
  await latency.getByText(/p99/).waitFor();
  expect(await latency.getByRole("listitem").filter({ hasText: "p99" }).textContent()).toMatch(/ms$/);
  expect(await latency.locator("canvas").count()).toBe(1);
  await page.getByRole("searchbox").fill("orders{");
  await page.getByText("No metric fits.").waitFor();
  await page.getByRole("searchbox").fill("country=at");
  await page.getByRole("row", { name: /orders counter country=at/ }).waitFor();
});
