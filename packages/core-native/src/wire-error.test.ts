import { expect, test } from "vitest";
import { APIError, TwinloopError, type ErrCode } from "./error.ts";
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

test("details that JSON cannot carry are dropped and the rest still arrives", () => {
  const cycle: Record<string, unknown> = {};
  cycle.self = cycle;
  for (const details of [
    cycle,
    1n,
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
  }
});
