import { expect, test } from "vitest";
import { withHeadersOf } from "./error-form.ts";

test("a cookie of an error is lost to no other cookie, and to one of its name", () => {
  const shaped = { status: 401, headers: '[["set-cookie","b=3; Path=/"],["x-a","1"]]', body: "" };
  const headers = { "set-cookie": ["a=1; Path=/", "b=2", "a=2; Path=/admin"], "x-a": "2", "x-b": ["3", "4"] };
  const error = { status: 401, code: "unauthenticated", message: "", details: null, headers } as const;
  expect(JSON.parse(withHeadersOf(error, shaped).headers)).toEqual([
    ["set-cookie", "b=3; Path=/"],
    ["x-a", "1"],
    ["set-cookie", "a=1; Path=/"],
    ["set-cookie", "a=2; Path=/admin"],
    ["x-b", "3"],
    ["x-b", "4"],
  ]);
  expect(withHeadersOf({ ...error, headers: undefined }, shaped)).toBe(shaped);
});
