import { expect, test } from "vitest";
import { AskError, describeProblem } from "./ask-error.ts";

test.each([
  ["42P01", "invalid_argument"],
  ["25006", "failed_precondition"],
  ["42501", "permission_denied"],
  ["57014", "deadline_exceeded"],
  ["connect_failed", "unavailable"],
  ["ZZZZZ", "unknown"],
])("a code of another system, %s, is told as the nearest and behind the message", (foreign, code) => {
  const error = Object.assign(new Error("it failed"), { code: foreign });
  expect(describeProblem(error)).toEqual({ code, message: `it failed [${foreign}]` });
});

test("an error of our own keeps its code and its hint, and one without a code is internal", () => {
  const own = { code: "not_found", message: "no such tool", hint: "name another" };
  expect(describeProblem(new AskError(own.code, own.message, own.hint))).toEqual(own);
  expect(describeProblem(new TypeError("x is undefined"))).toEqual({
    code: "internal",
    message: "x is undefined",
  });
  expect(describeProblem(undefined)).toEqual({ code: "internal", message: "undefined" });
});
