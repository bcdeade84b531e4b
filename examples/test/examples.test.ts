import { describe, expect, test, vi } from "vitest";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { examples, LINES } from "./example.ts";
import { EXAMPLES } from "./place.ts";
import { walk, type Way } from "./walk.ts";

// A few processes at a time: each builds, runs and is asked in turn.
vi.setConfig({ maxConcurrency: 3, testTimeout: 300_000 });

const all = examples();

/** The examples whose point is another way than the usual one. */
const WAYS: Readonly<Record<string, Way>> = {
  database: { database: "own" },
  endpoints: { road: "dev" },
  telemetry: { road: "dev" },
};

describe.concurrent("the commands of its page answer as shown", () => {
  test.each(all)("$name", ({ name }) => walk(name, WAYS[name]));
});

test.each(all)(
  "$name is a program of 20 to 80 lines with a page and a description",
  ({ lines, description, page }) => {
    expect(lines).toBeGreaterThanOrEqual(LINES.least);
    expect(lines).toBeLessThanOrEqual(LINES.most);
    expect(description).toMatch(/^[^.]{10,120}$/);
    expect(page.title).not.toBe("");
    expect(page.fences.some(({ kind }) => kind === "console")).toBe(true);
  },
);

test("the index lists all examples, with what they show and their lines", () => {
  const index = readFileSync(join(EXAMPLES, "README.md"), "utf8");
  const rows = index.split("\n").filter((line) => line.startsWith("| ["));
  expect(rows).toEqual(
    all.map(({ name, description, lines }) => `| [${name}](${name}) | ${description} | ${lines} |`),
  );
});
