import { expect, test } from "vitest";
import { APIError, ErrCode, httpStatus, problem, StartError, SystemCode, TwinloopError } from "./error.ts";

test("every code has a constructor of its own name", () => {
  for (const [name, code] of Object.entries(ErrCode)) {
    if (code === ErrCode.OK) continue;
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

test("withHeaders gives a copy that keeps details and earlier headers", () => {
  const plain = APIError.resourceExhausted("slow down").withDetails({ left: 0 });
  const first = plain.withHeaders({ "Retry-After": "30", "x-a": "1" });
  const both = first.withHeaders({ "Set-Cookie": ["a=1", "b=2"], "X-A": "2" }).withDetails({ left: 1 });
  expect(plain.headers).toBeUndefined();
  expect({ ...first.headers }).toEqual({ "retry-after": "30", "x-a": "1" });
  expect({ ...both.headers }).toEqual({ "retry-after": "30", "x-a": "2", "set-cookie": ["a=1", "b=2"] });
  expect([first.details, both.details]).toEqual([{ left: 0 }, { left: 1 }]);
  expect(both.stack).toBe(plain.stack);
});

test("withHeaders keeps earlier cookies of other names", () => {
  const first = APIError.unauthenticated("x").withHeaders({ "Set-Cookie": ["a=1; Path=/", "b=2"] });
  const more = first.withHeaders({ "set-cookie": "b=3; Path=/" }).withHeaders({ "set-cookie": ["c=4"] });
  expect(more.headers?.["set-cookie"]).toEqual(["a=1; Path=/", "b=3; Path=/", "c=4"]);
});

test.each([
  [{ "x a": "1" }, "no name of a header"],
  [{ "": "1" }, "no name of a header"],
  [{ "x-a": "secret\r\nset-cookie: a=b" }, "line break"],
  [{ "x-a": ["fine", "secret\0"] }, "control character"],
  [{ "Content-Length": "3" }, "set by the server"],
  [{ "content-type": "text/plain" }, "set by the server"],
  [{ "transfer-encoding": "chunked" }, "set by the server"],
  [{ "x-a": 7 }, "no text"],
])("refuses the headers %j", (headers, why) => {
  const refused = (): unknown => APIError.notFound("x").withHeaders(headers as never);
  expect(refused).toThrow(TypeError);
  expect(refused).toThrow(why);
  expect(refused).not.toThrow("secret");
});

test("a subclass goes by its own name", () => {
  class QuotaError extends APIError {}
  expect(String(new QuotaError("resource_exhausted", "slow down"))).toBe("QuotaError: slow down");
});

test("a StartError numbers every problem and says how to fix each", () => {
  const error = new StartError([
    problem(SystemCode.ManifestMissing, "There is no .twinloop/manifest.json in /app."),
    problem(SystemCode.EndpointDuplicate, "GET /a is declared in a.ts:1 and b.ts:2.", "Rename one."),
  ]);
  expect(error.code).toBe("start_failed");
  expect(error.message).toBe(
    [
      "The app cannot start: 2 problems.",
      "  1. There is no .twinloop/manifest.json in /app. [manifest_missing]",
      "     To fix it: Run `npx @twinloop/cli build`.",
      "  2. GET /a is declared in a.ts:1 and b.ts:2. [endpoint_duplicate]",
      "     To fix it: Rename one.",
    ].join("\n"),
  );
});

test("a StartError with one problem carries its code", () => {
  expect(new StartError([problem("address_in_use", "Port 4000 is taken.")]).code).toBe("address_in_use");
});
