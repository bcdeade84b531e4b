import { expect, test } from "vitest";
import { addon } from "./description.ts";
import { diagnosis } from "./diagnosis.ts";
import { primitive } from "./primitive.ts";

test("the operations of diagnosis are those that the addon describes", () => {
  const described = addon.components[diagnosis.component]!;
  expect(described.name).toBe("diagnosis");
  expect(described.operations.map(({ name }) => name)).toEqual(Object.keys(diagnosis.operation));
});

test.each([
  { name: "diagnosis", operation: "stats2" },
  { name: "telepathy", operation: "stats" },
])("an addon without $name.$operation is refused, with the versions of both", ({ name, operation }) => {
  const find = (): unknown => primitive({ name, from: import.meta.url, operations: [operation] });
  expect(find).toThrow(
    expect.objectContaining({
      code: "addon_mismatch",
      message: expect.stringMatching(
        new RegExp(
          `^@twinloop/core-native \\d+\\.\\d+\\.\\d+ calls ${name}\\.${operation}, .* \\d+\\.\\d+\\.\\d+ does not`,
        ),
      ) as string,
    }),
  );
});

test("a name that a component has not is no type either", () => {
  // @ts-expect-error The operation is none of those that were declared.
  void (() => diagnosis.call("guess"));
});
