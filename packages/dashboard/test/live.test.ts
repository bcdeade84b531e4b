import { afterEach, beforeEach, expect, test } from "vitest";
import type { Browser, Page } from "playwright-core";
import { executablePath, NO_CHROMIUM, openBrowser, openPage } from "./support/browser.ts";
import { ScriptedAdmin } from "./support/scripted-admin.ts";
import { APP, CHECKOUT, line, newApp, NOON_MS, shop, summary } from "./support/shop.ts";

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

const row = (page: Page, name: string): ReturnType<Page["getByRole"]> =>
  page.getByRole("link", { name, exact: true });

test("requests appear as they happen, and a held list waits", { timeout: 60_000 }, async () => {
  const { page, problems } = await openPage(browser, admin.url);
  await page.getByText("live", { exact: true }).waitFor();
  admin.emit({
    event: "trace",
    data: summary("b1".repeat(16), { name: "GET /first", startMs: NOON_MS + 1000 }),
  });
  await row(page, "GET /first").waitFor();
  expect(await page.locator("tbody tr").first().textContent()).toContain("GET /first");

  await page.getByRole("button", { name: "Hold the list" }).click();
  admin.emit({
    event: "trace",
    data: summary("b2".repeat(16), { name: "GET /second", startMs: NOON_MS + 2000 }),
  });
  const follow = page.getByRole("button", { name: "Follow again (1 new)" });
  await follow.waitFor();
  expect(await row(page, "GET /second").count()).toBe(0);
  await follow.click();
  await row(page, "GET /second").waitFor();
  expect(problems).toEqual([]);
});

test("filters narrow the list by errors, kind, duration and text", { timeout: 60_000 }, async () => {
  const { page } = await openPage(browser, admin.url);
  const shown = page.locator("tbody tr");
  await page.getByLabel("Errors only").check();
  await expect.poll(() => shown.count()).toBe(1);
  await page.getByLabel("Errors only").uncheck();
  await page.getByLabel("Kind").selectOption("cron");
  await row(page, "run nightly-report").waitFor();
  await expect.poll(() => shown.count()).toBe(1);
  await page.getByLabel("Kind").selectOption("operations");
  await page.getByLabel("Slower than").selectOption("500");
  await expect.poll(() => shown.count()).toBe(2);
  await page.getByLabel("Slower than").selectOption("0");
  await page.getByRole("searchbox").fill("invoices");
  await expect.poll(() => shown.count()).toBe(1);
  await expect.poll(() => admin.paths.some((path) => path.includes("q=invoices"))).toBe(true);
  await page.getByRole("searchbox").fill("nothing like it");
  await page.getByText("Nothing among what was seen fits these filters.").waitFor();
});

test(
  "while the app restarts the page keeps what it shows, and goes on by itself",
  { timeout: 60_000 },
  async () => {
    const { page, problems } = await openPage(browser, admin.url);
    await row(page, "GET /invoices/:id").waitFor();
    await page.getByText("live", { exact: true }).waitFor();
    await admin.stop();
    await page.getByText("reconnecting…").waitFor();
    expect(await row(page, "GET /invoices/:id").count()).toBe(1);
    await page.getByRole("link", { name: "Services" }).click();
    await page.getByText("The app does not answer at the moment.").waitFor();
    await page.getByRole("link", { name: "Requests" }).click();
    await row(page, "GET /invoices/:id").waitFor();

    admin.script.app = { ...APP, pid: 4712, startedMs: NOON_MS };
    admin.script.traces = [];
    await admin.start();
    await page.getByText("live", { exact: true }).waitFor();
    await page.getByText("pid 4712").waitFor();
    expect(await row(page, "GET /invoices/:id").count()).toBe(1);
    admin.emit({
      event: "trace",
      data: summary("c1".repeat(16), { name: "GET /after", startMs: NOON_MS + 9000 }),
    });
    await row(page, "GET /after").waitFor();
    expect(problems).toEqual([]);
  },
);

test("a page that is open while the app restarts loads its answers anew", { timeout: 60_000 }, async () => {
  const { page } = await openPage(browser, `${admin.url}/`);
  await page.goto(`${admin.url}/#/secrets`);
  await page.getByText("StripeKey").waitFor();
  await admin.stop();
  await page.getByText("reconnecting…").waitFor();
  expect(await page.getByText("StripeKey").count()).toBe(1);
  admin.script.answers["secrets.list"] = () => [{ name: "NewKey", found: true, where: ".env" }];
  await admin.start();
  await page.getByText("NewKey").waitFor();
});

test("lines arrive at the tail, are searched, and lead to their trace", { timeout: 60_000 }, async () => {
  const { page } = await openPage(browser, admin.url);
  await page.goto(`${admin.url}/#/logs`);
  await page.getByText("open for business").waitFor();
  await page.getByText("live", { exact: true }).waitFor();
  admin.emit({ event: "log", data: line(90, "a fresh line", { level: 50, fields: { user: "Grace" } }) });
  await page.getByText("a fresh line").waitFor();
  await page.getByRole("searchbox").fill("grace");
  await expect.poll(() => page.locator(".log-line").count()).toBe(1);
  await page.getByRole("searchbox").fill("");
  await page.getByLabel("Level").selectOption("50");
  await expect.poll(() => page.locator(".log-line").count()).toBe(2);
  await page.getByText("delivery failed").click();
  await page.getByRole("link", { name: "Open its trace" }).click();
  await page.getByRole("heading", { level: 1, name: "POST /orders" }).waitFor();
});

test("a trace that is looked at grows, and what was chosen stays", { timeout: 60_000 }, async () => {
  const { page } = await openPage(browser, `${admin.url}/`);
  await page.getByText("live", { exact: true }).waitFor();
  await page.getByRole("link", { name: "POST /orders" }).first().click();
  await page.getByRole("row", { name: /INSERT orders/ }).click();
  const whole = admin.script.spans[CHECKOUT]!;
  const [root] = whole.spans;
  const late = {
    ...root!,
    spanId: "0f",
    parentSpanId: "09",
    name: "late delivery",
    kind: "consumer" as const,
  };
  admin.script.spans[CHECKOUT] = { ...whole, spans: [...whole.spans, late] };
  const before = admin.script.traces.find(({ traceId }) => traceId === CHECKOUT)!;
  admin.emit({ event: "trace", data: { ...before, spans: 12 } });
  await page.getByRole("row", { name: /late delivery/ }).waitFor();
  expect(await page.locator('[role="row"][aria-selected="true"]').textContent()).toContain("INSERT orders");
});

test("events that were left out are told, and the list is loaded anew", { timeout: 60_000 }, async () => {
  const { page } = await openPage(browser, admin.url);
  await page.getByText("live", { exact: true }).waitFor();
  admin.script.traces.unshift(summary("d1".repeat(16), { name: "GET /left-out", startMs: NOON_MS + 5000 }));
  admin.emit({ event: "missed", data: { count: 34 } });
  await page.getByText(/34.events were left out/).waitFor();
  await row(page, "GET /left-out").waitFor();
});

test("a flood of events is drawn in bounds, and the page stays usable", { timeout: 60_000 }, async () => {
  const { page, problems } = await openPage(browser, admin.url);
  await page.getByText("live", { exact: true }).waitFor();
  const flood = 20_000;
  for (let index = 0; index < flood; index += 1) {
    const traceId = index.toString(16).padStart(32, "0");
    const data = summary(traceId, { name: `GET /flood/${index}`, startMs: NOON_MS + index });
    admin.emit({ event: "trace", data });
  }
  await row(page, `GET /flood/${flood - 1}`).waitFor();
  await expect.poll(() => page.locator("tbody tr").count()).toBe(300);
  await page.getByText("The newest 300 are shown").waitFor();
  await page.getByRole("searchbox").fill(`/flood/${flood - 7}`);
  await expect.poll(() => page.locator("tbody tr").count()).toBe(1);
  expect(problems).toEqual([]);
});

test("an app that was silent shows its first request at once", { timeout: 60_000 }, async () => {
  admin.script.traces = newApp().traces;
  const { page } = await openPage(browser, admin.url);
  await page.getByText("Nothing has been asked of the app yet.").waitFor();
  await page.getByText("live", { exact: true }).waitFor();
  admin.emit({ event: "trace", data: summary("e1".repeat(16), { name: "GET /hello" }) });
  await row(page, "GET /hello").waitFor();
});

test(
  "an app that gives no stream is told so with its reason, and not as a broken connection",
  { timeout: 60_000 },
  async () => {
    admin.script.noStream = { code: "unimplemented", message: "Recent traces are not kept here." };
    const { page, problems } = await openPage(browser, admin.url);
    await page.getByText("not live").waitFor();
    await page.getByText("Recent traces are not kept here.").waitFor();
    await row(page, "GET /invoices/:id").waitFor();
    expect(problems).toEqual([]);
  },
);
