import { expect, test } from "vitest";
import { APIError, ErrCode, httpStatus, problem, StartError, SystemCode, TwinloopError } from "./error.ts";

test("every code has a constructor of its own name", () => {
  for (const [name, code] of Object.entries(ErrCode)) {
    const method = (name[0]!.toLowerCase() + name.slice(1)) as "notFound";
    const cause = new Error("why");
    const error = APIError[method]("what", cause);
    expect(error).toBeInstanceOf(APIError);
    expect(error).toBeInstanceOf(TwinloopError);
    expect({ ...error, message: error.message, cause: error.cause }).toEqual({
      name: "APIError",
      code,
      message: "what",
      cause,
    });
    expect(error.httpStatus).toBe(httpStatus(code));
  }
});

test("an error without a cause has none, not an undefined one", () => {
  expect("cause" in APIError.notFound("x")).toBe(false);
});

test("withDetails gives a copy that keeps the cause and the stack", () => {
  const plain = APIError.notFound("no such link", "cause");
  const detailed = plain.withDetails({ id: 7 });
  expect(plain.details).toBeUndefined();
  expect(detailed.details).toEqual({ id: 7 });
  expect(detailed.cause).toBe("cause");
  expect(detailed.stack).toBe(plain.stack);
});

test("a subclass goes by its own name", () => {
  class QuotaError extends APIError {}
  expect(String(new QuotaError("resource_exhausted", "slow down"))).toBe("QuotaError: slow down");
});

test("a StartError numbers every problem and says how to mend each", () => {
  const error = new StartError([
    problem(SystemCode.ManifestMissing, "There is no .twinloop/manifest.json in /app."),
    problem(SystemCode.EndpointDuplicate, "GET /a is declared in a.ts:1 and b.ts:2.", "Rename one."),
  ]);
  expect(error.code).toBe("start_failed");
  expect(error.message).toBe(
    [
      "The app cannot start: 2 problems.",
      "  1. There is no .twinloop/manifest.json in /app. [manifest_missing]",
      "     To mend it: Run `npx twinloop build`.",
      "  2. GET /a is declared in a.ts:1 and b.ts:2. [endpoint_duplicate]",
      "     To mend it: Rename one.",
    ].join("\n"),
  );
});

test("a StartError with one problem carries its code", () => {
  expect(new StartError([problem("address_in_use", "Port 4000 is taken.")]).code).toBe("address_in_use");
});
