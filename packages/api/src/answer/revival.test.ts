import { expect, test } from "vitest";
import type { Node } from "@twinloop/core-native/internal";
import { revivalText } from "./revival.ts";

const DATE: Node = { kind: "date" };

function typesWith(...names: string[]): readonly Node[] {
  const properties = names.map((name) => ({ name, type: 1, optional: false }));
  return [{ kind: "object", properties, additional: null }, DATE];
}

/** The plan as a client reads it. */
function read(text: string): unknown {
  return JSON.parse(decodeURIComponent(text.replaceAll("'", '"')));
}

test("a plan is a text that a quoted string of a header can hold, whatever its names are", () => {
  const names = ["at", "it's", 'a"b', "back\\slash", "ü \n", "50%", "a;b,c"];
  const text = revivalText(typesWith(...names), 0)!;
  expect(text).toMatch(/^[\x21\x23-\x5b\x5d-\x7e]+$/);
  expect(read(text)).toEqual([Object.fromEntries(names.map((name) => [name, "d"]))]);
});

test("an answer without such values, and one whose plan is too long, have none", () => {
  expect(revivalText([{ kind: "string" }], 0)).toBeNull();
  expect(revivalText([], null)).toBeNull();
  const many = Array.from({ length: 300 }, (_, index) => `property${index}`);
  expect(revivalText(typesWith(...many), 0)).toBeNull();
});
