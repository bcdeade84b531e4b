import { expect, test } from "vitest";
import type { Node } from "@twinloop/schema";
import { TwinloopError } from "./error.ts";
import { buildSerializer, ResponseMismatch } from "./response-mismatch.ts";

test("a value that does not fit is an error of Twinloop's, with its place and its cause", () => {
  const cause = new Error("no connection");
  const bad = {
    get id(): never {
      throw cause;
    },
  };
  const write = buildSerializer(
    [
      { kind: "string" },
      { kind: "object", properties: [{ name: "id", type: 0, optional: false }], additional: null },
    ],
    1,
  );
  let thrown: unknown;
  try {
    write(bad);
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(ResponseMismatch);
  expect(thrown).toBeInstanceOf(TwinloopError);
  expect(thrown).toMatchObject({
    name: "ResponseMismatch",
    code: "response_mismatch",
    message: "response.id: expected a property, found a value that throws when it is read",
    at: "response.id",
    cause,
  });
});

test("what its places begin with may be given", () => {
  expect(() => buildSerializer([{ kind: "string" }], 0, "message")(1)).toThrow(
    "message: expected string, found number",
  );
});

test("digits in place of a number are told with what to do, and without their value", () => {
  const types = [{ kind: "number" }, { kind: "null" }, { kind: "union", arms: [0, 1] }] as Node[];
  for (const type of [0, 2]) {
    expect(() => buildSerializer(types, type)("4711")).toThrow(
      'response: expected number, found a string of digits. Columns of bigint and numeric come as text: cast the column, declare a string, or, for bigint, set `bigint: "number"` in the options of the SQLDatabase',
    );
    expect(() => buildSerializer(types, type)("x")).toThrow(/found string$/);
  }
});
