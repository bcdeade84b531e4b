import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../../../../", import.meta.url));
const schema = JSON.parse(readFileSync(`${root}contract/declares.schema.json`, "utf8")) as object;
const validate = new Ajv2020().compile(schema);

const files = readdirSync(`${root}packages`)
  .map((name) => `packages/${name}/declares.json`)
  .filter((file) => existsSync(root + file));

test("there are packages that say what they declare", () => {
  expect(files.length).toBeGreaterThan(4);
});

test.each(files)("%s is as the schema says", (file) => {
  validate(JSON.parse(readFileSync(`${root}${file}`, "utf8")));
  expect(validate.errors).toBe(null);
});

test.each([
  ["a declarator without a noun", { declares: { Topic: { name: { argument: 0 } } } }],
  ["a word that the schema does not have", { declares: {}, declars: {} }],
  ["an option that is kept in an unknown way", { declares: { T: kept("twice") } }],
])("%s is refused", (_, declares) => {
  expect(validate(declares)).toBe(false);
});

function kept(as: string): object {
  return { noun: "t", name: { argument: 0 }, options: { argument: 1, keep: { a: { as } } } };
}
