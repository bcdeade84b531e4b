import { readFileSync } from "node:fs";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { expect, test } from "vitest";
import { root } from "../setup/command.mjs";
import { APP, STEPS } from "./session.mjs";

const lines = readFileSync(join(root, "docs/session.cast"), "utf8").trimEnd().split("\n");
/** @type {{ version: number, width: number }} */
const header = JSON.parse(lines[0] ?? "");
/** @type {[seconds: number, kind: string, text: string][]} */
const events = lines.slice(1).map((line) => JSON.parse(line));

test("the recorded session is asciinema's, in order, and lasts a minute at most", () => {
  expect(header).toMatchObject({ version: 2, width: 100 });
  const times = events.map(([seconds]) => seconds);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  expect(times.at(-1)).toBeLessThan(60);
});

test("the recording is of the steps that its script types, and of the program of the README", () => {
  // A terminal breaks lines that are longer than itself.
  const shown = stripVTControlCharacters(events.map(([, , text]) => text).join("")).replaceAll(/\s/g, "");
  const missing = STEPS.filter(({ type }) => !shown.includes(type.replaceAll(/\s/g, "")));
  expect(missing.map(({ type }) => type)).toEqual([]);
  expect(shown).toContain('"message":"body.url:expectedstring,foundnumber"');
  expect(readFileSync(join(root, "README.md"), "utf8")).toContain(APP);
});
