import { expect, test, vi } from "vitest";
import { APIError, TwinloopError, type ErrCode } from "./error.ts";
import { log } from "../log/log.ts";
import { encodeWireError, toWireError } from "./wire-error.ts";

const hidden = { status: 500, code: "internal", message: "an internal error occurred", details: null };

test("an APIError is told as it is, without its cause", () => {
  const error = APIError.notFound("no such link", new Error("select failed")).withDetails({ id: "x" });
  expect(toWireError(error)).toEqual({
    status: 404,
    code: "not_found",
    message: "no such link",
    details: { id: "x" },
  });
  expect(encodeWireError(toWireError(error))).toBe(
    '{"code":"not_found","message":"no such link","details":{"id":"x"}}',
  );
});

test("an internal error says nothing either, whoever threw it", () => {
  expect(toWireError(APIError.internal("db at 10.0.0.1 is down").withDetails({ host: "10.0.0.1" }))).toEqual(
    hidden,
  );
});

test("anything else is an internal error that tells nothing", () => {
  const others = [
    new Error("secret"),
    new TwinloopError("40001", "secret"),
    "secret",
    1,
    undefined,
    null,
    {},
  ];
  for (const thrown of others) expect(toWireError(thrown)).toEqual(hidden);
});

test("a hostile thrown value is an internal error, never a second exception", () => {
  const hostile: ProxyHandler<object> = {
    get() {
      throw new Error("trap");
    },
    getPrototypeOf() {
      throw new Error("trap");
    },
  };
  const revoked = Proxy.revocable({}, {});
  revoked.revoke();
  const badMessage = APIError.notFound("x");
  Object.defineProperty(badMessage, "message", {
    get() {
      throw new Error("getter");
    },
  });
  const wrongTypes = Object.assign(APIError.notFound("x"), { message: 7 });
  const unknownCode = new APIError("teapot" as ErrCode, "x");
  const all = [
    Symbol("s"),
    10n,
    () => 1,
    new Proxy({}, hostile),
    revoked.proxy,
    Object.freeze(new Error("frozen")),
    Object.create(null),
    badMessage,
    wrongTypes,
    unknownCode,
  ];
  for (const thrown of all) expect(toWireError(thrown)).toEqual(hidden);
});

test("details that JSON cannot carry are dropped and logged, and the rest still arrives", () => {
  const logged = vi.spyOn(log, "error").mockImplementation(() => undefined);
  const cycle: Record<string, unknown> = {};
  cycle.self = cycle;
  for (const details of [
    cycle,
    Symbol("s"),
    () => 1,
    {
      toJSON: () => {
        throw new Error("x");
      },
    },
  ]) {
    const text = encodeWireError(toWireError(APIError.aborted('a "quoted"\nline').withDetails(details)));
    expect(JSON.parse(text)).toEqual({ code: "aborted", message: 'a "quoted"\nline', details: null });
    expect(logged).toHaveBeenCalledOnce();
    logged.mockClear();
  }
});

test("a bigint in the details arrives as its digits", () => {
  const text = encodeWireError(toWireError(APIError.aborted("x").withDetails({ b: 10n, list: [1n] })));
  expect(JSON.parse(text)).toMatchObject({ details: { b: "10", list: ["1"] } });
});

const unavailable = { status: 503, code: "unavailable", details: null };
const late = { status: 504, code: "deadline_exceeded", details: null };

test.each([
  ["unavailable", unavailable],
  ["acquire_timeout", unavailable],
  ["connect_failed", unavailable],
  ["connect_timeout", unavailable],
  ["connection_lost", unavailable],
  ["query_timeout", late],
  ["deadline_exceeded", late],
  ["08006", unavailable],
  ["53300", unavailable],
  ["57P01", unavailable],
  ["57014", late],
])("a dependency's %s is no fault of the app, wrapped or not", (code, expected) => {
  const error = new TwinloopError(code, "at 10.0.0.1");
  const wrapped = new Error("Failed query: select", { cause: error });
  const all = [
    error,
    wrapped,
    new Error("x", { cause: wrapped }),
    Object.assign(new Error("typeorm"), { driverError: error }),
    Object.assign(new Error("sequelize"), { original: error }),
  ];
  for (const thrown of all) {
    expect(toWireError(thrown)).toMatchObject(expected);
    expect(encodeWireError(toWireError(thrown))).not.toContain("10.0.0.1");
  }
});

test("a dependency's other codes are the app's fault, and never the caller's", () => {
  for (const code of [
    "invalid_argument",
    "not_found",
    "unauthenticated",
    "23505",
    "42P01",
    "canceled",
    "8",
    "53",
  ])
    expect(toWireError(new TwinloopError(code, "x"))).toEqual(hidden);
  expect(toWireError({ code: "unavailable" })).toEqual(hidden);
  expect(toWireError(APIError.internal("x", new TwinloopError("unavailable", "y")))).toEqual(hidden);
  expect(toWireError(new Error("x", { cause: APIError.notFound("y") }))).toEqual(hidden);
});

test("a chain of causes that has no end is an internal error", () => {
  const error = new Error("x") as Error & { cause: unknown };
  error.cause = error;
  expect(toWireError(error)).toEqual(hidden);
});
