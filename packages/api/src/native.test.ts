import { addon } from "@twinloop/core-native/internal";
import { expect, test } from "vitest";
import { native } from "./native.ts";

test("the package knows the operations that the addon describes, by their numbers", () => {
  const described = addon.components[native.component]!;
  expect(described.name).toBe("api");
  const numbers = described.operations.map(({ name, number }) => [name, number]);
  expect(native.operation).toEqual(Object.fromEntries(numbers));
});
