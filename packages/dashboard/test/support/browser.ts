import { createRequire } from "node:module";
import { readFile } from "node:fs/promises";
import { chromium, type Browser, type Page } from "playwright-core";
import { findChromium } from "../../../../tools/suites/chromium.mjs";

/** Why a test is skipped where no browser is. */
export const NO_CHROMIUM = "no Chromium is installed; install one, or set CHROMIUM to its path";

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** The path of the browser; `null` where none is installed. */
export const executablePath = findChromium();

/** Starts a headless browser. */
export function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: executablePath ?? "", args: FLAGS });
}

/** How a page is looked at. */
export interface Look {
  readonly width: number;
  readonly scheme: "light" | "dark";
}

/** An open page, and what went wrong on it: thrown errors, breaches of the policy, requests to other places. */
export interface Watched {
  readonly page: Page;
  readonly problems: string[];
}

/** Opens a page in a fresh profile. */
export async function openPage(
  browser: Browser,
  url: string,
  look: Look = { width: 1280, scheme: "light" },
): Promise<Watched> {
  const context = await browser.newContext({
    viewport: { width: look.width, height: 860 },
    colorScheme: look.scheme,
    timezoneId: "UTC",
    reducedMotion: "reduce",
  });
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  const problems: string[] = [];
  page.on("pageerror", (error) => problems.push(error.message));
  page.on("console", (message) => {
    const text = message.text();
    // A connection that ends with the app is what some tests are about; the browser tells of each.
    if (message.type() === "error" && !/Failed to load resource|net::ERR/.test(text)) problems.push(text);
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(url)) problems.push(`asked elsewhere: ${request.url()}`);
  });
  await page.goto(url);
  return { page, problems };
}

const axePath = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

/** Runs axe on a page. Returns what it finds, a line each, with the first elements concerned. */
export async function axeFindings(page: Page): Promise<string[]> {
  const source = await readFile(axePath, "utf8");
  await page.evaluate(source);
  const violations = await page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: { run: (context: unknown, options: unknown) => Promise<any> };
    };
    const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
    const document = (globalThis as unknown as { document: unknown }).document;
    const result = await axe.run(document, { runOnly: { type: "tag", values: tags } });
    return result.violations as {
      id: string;
      help: string;
      nodes: { target: string[]; failureSummary: string }[];
    }[];
  });
  return violations.map(({ id, help, nodes }) => {
    const [first] = nodes;
    return `${id}: ${help}: ${nodes.length} × ${first?.target.join(" ")}: ${first?.failureSummary.replaceAll("\n", " ")}`;
  });
}
