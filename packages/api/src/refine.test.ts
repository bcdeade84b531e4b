import { expect, test } from "vitest";
import type { APIError, SchemaIssue, StandardSchema } from "@twinloop/core-native";
import type { RequestPlace } from "@twinloop/core-native/internal";
import { Context } from "./context.ts";
import { refine } from "./refine.ts";

const place: RequestPlace = {
  fields: [
    { name: "id", in: "path", wire: "id", type: 0, optional: false },
    { name: "tag", in: "header", wire: "x-tag", type: 0, optional: true },
  ],
  body: 1,
  bodyOptional: false,
};

/** The error of a schema that has these issues with the request. */
async function refused(issues: readonly SchemaIssue[], request: unknown): Promise<APIError> {
  const schema = {
    "~standard": { version: 1, vendor: "test", validate: () => ({ issues }) },
  } as StandardSchema;
  const call = refine(schema, place, () => "reached") as (
    request: unknown,
    context: Context,
  ) => Promise<unknown>;
  return call(request, new Context(-1)).then(
    () => expect.unreachable(),
    (error: APIError) => error,
  );
}

test("places are those that Rust names, found is a type and never a value", async () => {
  const request = { id: "1", tag: "t", email: "hunter2", items: [{ price: 7 }], "odd name": null };
  const error = await refused(
    [
      { message: "unknown id", path: ["id"] },
      { message: "unknown tag", path: [{ key: "tag" }] },
      { message: "banned", path: ["email"] },
      { message: "too cheap", path: ["items", 0, "price"] },
      { message: "odd", path: ["odd name"] },
      { message: "needed", path: ["absent"] },
      { message: "the two differ" },
    ],
    request,
  );
  expect(error).toMatchObject({ code: "invalid_argument" });
  expect((error.details as { issues: unknown }).issues).toEqual([
    { at: "path.id", expected: "unknown id", found: "string" },
    { at: "header.x-tag", expected: "unknown tag", found: "string" },
    { at: "body.email", expected: "banned", found: "string" },
    { at: "body.items[0].price", expected: "too cheap", found: "number" },
    { at: 'body["odd name"]', expected: "odd", found: "null" },
    { at: "body.absent", expected: "needed", found: "nothing" },
    { at: "body", expected: "the two differ", found: "object" },
  ]);
  expect(JSON.stringify(error.details)).not.toContain("hunter2");
});

test("an issue that is told twice is one entry, and there are at most 16", async () => {
  const twice = [
    { message: "banned", path: ["email"] },
    { message: "banned", path: ["email"] },
  ];
  const many = Array.from({ length: 30 }, (_, index) => ({ message: "no", path: [index] }));
  expect((await refused(twice, {})).message).toBe("body.email: banned");
  expect(((await refused(many, {})).details as { issues: unknown[] }).issues).toHaveLength(16);
});
