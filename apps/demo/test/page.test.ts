import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, type BrowserContext, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findChromium } from "../../../tools/suites/chromium.mjs";
import { Demo } from "./demo-process.ts";
import { embeddedPlace, type Place } from "./place.ts";

const NO_CHROMIUM = "no Chromium is installed; install one, or set CHROMIUM to its path";
const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

const executablePath = findChromium();
let place: Place;
let demo: Demo;
let profile: string;
let browser: BrowserContext;

beforeAll(async () => {
  if (executablePath === null) return;
  place = await embeddedPlace();
  demo = await Demo.start(place);
  profile = await mkdtemp(join(tmpdir(), "twinloop-browser-"));
  browser = await chromium.launchPersistentContext(profile, { executablePath, args: FLAGS });
}, 60_000);

afterAll(async () => {
  await browser?.close();
  await demo?.stop();
  await place?.remove();
  if (profile) await rm(profile, { recursive: true, force: true });
});

async function openPage(): Promise<{ page: Page; problems: string[] }> {
  const page = await browser.newPage();
  page.setDefaultTimeout(10_000);
  const problems: string[] = [];
  page.on("pageerror", (error) => problems.push(error.message));
  page.on("request", (request) => {
    if (!request.url().startsWith(demo.url)) problems.push(`asked elsewhere: ${request.url()}`);
  });
  await page.goto(demo.url);
  return { page, problems };
}

test(
  "a link is created with the keyboard, followed, and counted before one's eyes",
  { timeout: 60_000 },
  async ({ skip }) => {
    skip(executablePath === null, NO_CHROMIUM);
    const { page, problems } = await openPage();
    await page.getByRole("textbox", { name: "Address" }).focus();
    await page.keyboard.type(`${demo.url}/404.html`);
    await page.keyboard.press("Tab");
    await page.keyboard.type("from-the-page");
    await page.keyboard.press("Enter");
    const link = page.getByRole("link", { name: "/s/from-the-page." });
    await link.waitFor();
    expect(await page.getByRole("region", { name: "Who answered" }).textContent()).toContain("JavaScript");

    const [followed] = await Promise.all([browser.waitForEvent("page"), link.click()]);
    await followed.getByRole("heading", { name: "Nothing here" }).waitFor();
    expect(followed.url()).toBe(`${demo.url}/404.html`);
    await followed.close();

    const item = page.getByRole("listitem").filter({ has: link });
    await item.getByText("1 click", { exact: true }).waitFor();
    await page.reload();
    await item.getByText("1 click", { exact: true }).waitFor();
    await item.getByRole("button", { name: "Remove the short link from-the-page" }).click();
    await item.waitFor({ state: "detached" });
    expect(problems).toEqual([]);
  },
);

test("what Rust refuses is shown at the field", { timeout: 60_000 }, async ({ skip }) => {
  skip(executablePath === null, NO_CHROMIUM);
  const { page, problems } = await openPage();
  const [address, name] = [
    page.getByRole("textbox", { name: "Address" }),
    page.getByRole("textbox", { name: "Name" }),
  ];
  await address.fill("not an address");
  await name.fill("NO");
  await page.getByRole("button", { name: "Shorten" }).click();
  await page.locator("#url-error").waitFor();
  expect(await page.locator("#url-error").textContent()).toContain('found "not an address"');
  expect(await page.locator("#slug-error").textContent()).toContain('found "NO"');
  for (const field of [address, name]) expect(await field.getAttribute("aria-invalid")).toBe("true");
  expect(await page.locator("#url:focus").count()).toBe(1);
  const panel = page.getByRole("region", { name: "Who answered" });
  expect(await panel.textContent()).toContain("Rust refused this request. No line of JavaScript ran for it");

  await address.fill("https://example.com/");
  await name.fill("");
  await page.keyboard.press("Enter");
  await page.locator("#url-error").waitFor({ state: "hidden" });
  expect(await address.getAttribute("aria-invalid")).toBeNull();
  expect(problems).toEqual([]);
});

test("the admin signs in, uploads links and signs out", { timeout: 60_000 }, async ({ skip }) => {
  skip(executablePath === null, NO_CHROMIUM);
  const { page, problems } = await openPage();
  await page.goto(`${demo.url}/admin.html`);
  const password = page.getByLabel("Password");
  await page.getByLabel("Name").fill("ada");
  await password.fill("guessed");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByText("This is not the password.").waitFor();
  await page.getByLabel("Name").fill("ada");
  await password.fill("in-development-let-me-in");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "Signed in as ada" }).waitFor();
  expect(await page.evaluate("document.cookie")).toBe("");

  const buffer = Buffer.from("by-upload,https://example.com/uploaded\nNO,https://example.com/\n");
  const file = { name: "links.csv", mimeType: "text/csv", buffer };
  await page.getByLabel("Add the links of a file").setInputFiles(file);
  await page.getByRole("button", { name: "Upload" }).click();
  await page.getByText("Added 1 link.").waitFor();
  await page.getByText("Line 2: a slug is 3 to 32 small letters").waitFor();
  await page.getByRole("link", { name: "Back to the links" }).click();
  await page.getByRole("link", { name: "/s/by-upload." }).waitFor();

  await page.goto(`${demo.url}/admin.html`);
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  expect(problems).toEqual([]);
});
