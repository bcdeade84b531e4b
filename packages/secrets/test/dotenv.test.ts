import { readFileSync } from "node:fs";
import { parseEnv } from "node:util";
import { expect, test } from "vitest";
import { parseDotenv } from "@twinloop/core-native/internal";

interface Case {
  readonly name: string;
  readonly text: string;
  readonly values: Readonly<Record<string, string>>;
  /** Lines with a remark. */
  readonly lines?: readonly number[];
  /** Where Node reads something else. */
  readonly node?: "differs";
}

const cases = JSON.parse(
  readFileSync(new URL("../../../contract/cases/secrets/dotenv.json", import.meta.url), "utf8"),
) as readonly Case[];

test.for(cases)("$name", ({ text, values, lines = [] }) => {
  const read = parseDotenv(text);
  expect({ ...read.values }).toEqual(values);
  expect(read.remarks.map(({ line }) => line)).toEqual(lines);
});

test.for(cases.filter(({ node }) => node === undefined))("Node reads the same: $name", ({ text, values }) => {
  expect({ ...parseEnv(text) }).toEqual(values);
});

test("a remark names the line and nothing of its text", () => {
  expect(parseDotenv('A=1\nhunter2 hunter2\nB="hunter2').remarks).toEqual([
    { line: 2, what: "is not NAME=value" },
    { line: 3, what: expect.stringMatching(/^opens a quote that is not closed/) },
  ]);
});

test("any name is a name", () => {
  expect(Object.entries(parseDotenv("__proto__=1\nconstructor=2").values)).toEqual([
    ["__proto__", "1"],
    ["constructor", "2"],
  ]);
});
