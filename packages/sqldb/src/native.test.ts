import { readFileSync } from "node:fs";
import { addon } from "@twinloop/core-native/internal";
import { expect, test } from "vitest";
import { native } from "./native.ts";
import { Kind } from "./statement/row.ts";

test("the package knows the operations that the addon describes, by their numbers", () => {
  const described = addon.components[native.component]!;
  expect(described.name).toBe("sqldb");
  const numbers = described.operations.map(({ name, number }) => [name, number]);
  expect(native.operation).toEqual(Object.fromEntries(numbers));
});

test("the kinds of columns are those of the contract", () => {
  const file = new URL("../../../contract/cases/sqldb/kinds.json", import.meta.url);
  const contract = JSON.parse(readFileSync(file, "utf8")) as Record<string, number>;
  const here = Object.entries(Kind).map(([name, number]) => [name.toLowerCase(), number]);
  expect({ plain: 0, ...Object.fromEntries(here) }).toEqual(contract);
});
