import { readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { Browser } from "playwright-core";
import type { AppAnswer } from "../src/contract.ts";
import { AskedApp } from "./asked-app.ts";
import {
  axeFindings,
  executablePath,
  NO_CHROMIUM,
  openBrowser,
  openPage,
  type Watched,
} from "./support/browser.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const ENVIRONMENT = { DATABASE_URL: "", PUBSUB_URL: "embedded:.twinloop/pubsub.redb" };
let app: AskedApp;
let browser: Browser;
let open: Watched;
let url: string;

beforeAll(async () => {
  if (executablePath === null) return;
  app = new AskedApp("small", ENVIRONMENT, ["api", "cron", "pubsub"], tmpdir());
  await app.start();
  url = await vi.waitFor(async () => {
    const { url } = (await (await fetch(`${app.adminUrl}/api/app`)).json()) as AppAnswer;
    return url ?? expect.fail("the app does not listen yet");
  }, 30_000);
  browser = await openBrowser();
  open = await openPage(browser, app.adminUrl);
});

afterAll(async () => {
  await browser?.close();
  await app?.remove();
});

test("a request of a client appears with the trace of all that it set off", async ({ skip }) => {
  skip(executablePath === null, NO_CHROMIUM);
  const { page } = open;
  await page.getByText("live", { exact: true }).waitFor();
  const headers = { "content-type": "application/json" };
  const sent = await fetch(`${url}/sales`, { method: "POST", headers, body: '{"fails":true}' });
  expect(sent.status).toBe(200);
  await page.getByRole("link", { name: "POST /sales" }).click();
  const rows = page.getByRole("treegrid").getByRole("row");
  for (const name of [/^▾ ?POST \/sales/, /handler/, /send sales/, /process sales\/count/]) {
    await rows.filter({ hasText: name }).first().waitFor();
  }
  await rows
    .filter({ hasText: /process sales\/count/ })
    .first()
    .click();
  await page
    .getByRole("region", { name: "The chosen span" })
    .getByText(/no luck/)
    .first()
    .waitFor();
  expect(await axeFindings(page)).toEqual([]);

  await fetch(`${url}/sales`, { method: "POST", headers, body: '{"fails":1}' });
  await page.getByRole("link", { name: "Requests", exact: true }).click();
  await page.getByText("refused: validation").waitFor();
  expect(open.problems).toEqual([]);
});

test("a form's call has its trace, and a dead letter is put back", async ({ skip }) => {
  skip(executablePath === null, NO_CHROMIUM);
  const { page } = open;
  await page.getByRole("link", { name: "Endpoints", exact: true }).click();
  await page.getByRole("link", { name: /\/sales/ }).click();
  await page.getByLabel("fails").selectOption("false");
  await page.getByRole("button", { name: "Send", exact: true }).click();
  await page.getByRole("region", { name: "Answer", exact: true }).getByText("200").waitFor();
  await page.getByRole("link", { name: "Open the trace" }).click();
  await page.getByRole("treegrid").getByText("handler").first().waitFor();

  await page.getByRole("link", { name: "Topics" }).click();
  await page.getByRole("link", { name: "count" }).click();
  await page.getByText("no luck").first().waitFor();
  await page.getByRole("button", { name: "Redrive all" }).click();
  await page.getByRole("button", { name: "Yes" }).click();
  await page.getByText(/1.message was put back/).waitFor();
  expect(open.problems).toEqual([]);
});

test("an edit restarts the app, and the page goes on with what it has", async ({ skip }) => {
  skip(executablePath === null, NO_CHROMIUM);
  const { page } = open;
  await page.getByRole("link", { name: "Requests", exact: true }).click();
  await page.getByText("refused: validation").waitFor();
  const pid = /pid \d+/.exec((await page.locator("body").textContent()) ?? "")?.[0] ?? "";
  const source = join(app.root, "src/app.ts");
  const hello =
    'export const hello = api({ expose: true, path: "/hello" }, async (): Promise<void> => undefined);\n\n';
  writeFileSync(source, readFileSync(source, "utf8").replace("const looksAlone", `${hello}const looksAlone`));
  await page.getByText(pid, { exact: false }).waitFor({ state: "detached", timeout: 60_000 });
  await page.getByText("live", { exact: true }).waitFor();
  expect(await page.getByText("refused: validation").count()).toBe(1);
  await page.getByRole("link", { name: "Endpoints", exact: true }).click();
  await page.getByRole("link", { name: /\/hello/ }).waitFor();
  expect(open.problems).toEqual([]);
});

test("parts that the app does not use say how to use them", async ({ skip }) => {
  skip(executablePath === null, NO_CHROMIUM);
  const { page } = open;
  for (const name of ["Databases", "Secrets"]) {
    await page.getByRole("link", { name }).click();
    await page
      .locator(".notice")
      .getByText(/npm install|Declare one/)
      .waitFor();
  }
  await page.getByRole("link", { name: "Metrics" }).click();
  const memory = page.getByRole("figure", { name: /Memory/ });
  await memory.getByText(/MiB/).first().waitFor({ timeout: 20_000 });
  expect(open.problems).toEqual([]);
});
