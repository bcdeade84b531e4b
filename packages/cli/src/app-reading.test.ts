import type { Problem } from "@twinloop/compiler";
import { expect, test } from "vitest";
import { besides } from "./app-reading.ts";

const at = (
  column: number,
  length: number,
  message: string,
  code: Problem["code"] = "type_error",
): Problem => ({
  code,
  file: "app.ts",
  line: 3,
  column,
  length,
  message,
});

test("a type error is left out only where its text is told already", () => {
  const told = [at(20, 4, "`timeout` must be a number", "option_invalid")];
  const property = at(11, 7, "not assignable (TS2322)");
  const call = at(1, 3, "No overload matches this call. (TS2769)");
  const far = at(60, 1, "not assignable (TS2322)");
  const below = { ...property, line: 4 };
  expect(besides([property, call, far, below], told)).toEqual([far, below]);
});
