import { expect, test } from "vitest";
import { KnownEnvelope } from "./known-envelope.ts";

function read(text: string): { handler: string | undefined; data: unknown; request: unknown } {
  const envelope = new KnownEnvelope(text);
  const { handler, data } = envelope.caller(["bearer", "session"]);
  return { handler, data, request: envelope.request() };
}

test("a known caller and the request are read apart", () => {
  expect(read('K1;0;16;{"userID":"ann"}{"a":1}')).toEqual({
    handler: "session",
    data: { userID: "ann" },
    request: { a: 1 },
  });
  expect(read('K0;0;16;{"userID":"ann"}').request).toBeUndefined();
});

test("each part is revived where it is tagged text", () => {
  const date = (name: string): string => JSON.stringify({ [name]: "\u0000d1" });
  const at = new Date(1);
  const tagged = (flags: number): unknown => {
    const { data, request } = read(`K0;${flags};${date("d").length};${date("d")}${date("r")}`);
    return [data, request];
  };
  expect(tagged(1)).toEqual([{ d: at }, { r: "\u0000d1" }]);
  expect(tagged(2)).toEqual([{ d: "\u0000d1" }, { r: at }]);
});

test("the data of a caller is one object, however often it is asked for", () => {
  const caller = new KnownEnvelope('K0;0;16;{"userID":"ann"}').caller(["bearer"]);
  expect(caller.data).toBe(caller.data);
});

test("JSON is no envelope", () => {
  for (const text of ["", "[]", "{}", "null", '"K"']) expect(KnownEnvelope.is(text)).toBe(false);
});
