import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root } from "../setup/command.mjs";

const PROPERTIES = Array.from({ length: 30 }, (_, index) => index + 1);

/** The rows of the table: a property's number, and the files that its cell names. */
const rows = new Map(
  readFileSync(join(root, "docs/design/safety.md"), "utf8")
    .split("\n")
    .flatMap((line) => {
      const [, number, cell = ""] = /^\| S(\d+) \|.*\|([^|]*)\|$/.exec(line) ?? [];
      return number === undefined ? [] : [[Number(number), cell]];
    })
    .map(([number, cell]) => [
      number,
      [...String(cell).matchAll(/`([^`]+)`/g)].map(([, file]) => String(file)),
    ]),
);

/**
 * Whether a test's title in this text carries the number.
 *
 * @param {string} text
 * @param {number} number
 */
function isTitled(text, number) {
  const inTitle = new RegExp(`(["\`])(S\\d+, )*S${number}(, S\\d+)*: `);
  const inName = new RegExp(`fn s${String(number).padStart(2, "0")}_`);
  return inTitle.test(text) || inName.test(text);
}

test("the table of safety has each of the thirty properties, with its tests", () => {
  expect([...rows.keys()]).toEqual(PROPERTIES);
  expect([...rows].filter(([, files]) => files.length === 0)).toEqual([]);
});

test.each(PROPERTIES)("property %i is in the title of a test in each file that the table names", (number) => {
  const missing = (rows.get(number) ?? []).filter((file) => {
    const path = join(root, file);
    return !existsSync(path) || !isTitled(readFileSync(path, "utf8"), number);
  });
  expect(missing).toEqual([]);
});
