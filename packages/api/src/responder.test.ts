import { expect, test } from "vitest";
import type { Node, ResponseField } from "@twinloop/core-native/internal";
import { buildResponder } from "./responder.ts";
import { HttpStatus } from "./status.ts";

const types: Node[] = [
  { kind: "object", properties: [{ name: "id", type: 1, optional: false }], additional: null },
  { kind: "number" },
  { kind: "string" },
  { kind: "array", items: 2 },
];

function field(name: string, place: ResponseField["in"], type: number, optional = false): ResponseField {
  return { name, in: place, wire: name.toLowerCase(), type, optional };
}

test("nothing declared is an empty 200", () => {
  expect(buildResponder(types, null)({ any: "thing" })).toEqual({ status: 200, headers: "", body: "" });
});

test("status and headers leave the body, and what is not declared is stripped", () => {
  const fields = [
    field("status", "status", 1),
    field("Location", "header", 2),
    field("Tags", "header", 3, true),
  ];
  const respond = buildResponder(types, { fields, body: 0 });
  expect(respond({ id: 7, status: 201, Location: "/7", Tags: ["a", "b"], internal: true })).toEqual({
    status: 201,
    headers: '[["location","/7"],["tags","a"],["tags","b"]]',
    body: '{"id":7}',
  });
});

test("a field of the wrong type, or a required one that is missing, is a mismatch that names it", () => {
  const respond = buildResponder(types, { fields: [field("Location", "header", 2)], body: null });
  expect(() => respond({ Location: 7 })).toThrow("response.Location: expected string, found number");
  expect(() => respond({})).toThrow("response.Location");
});

test.each([0, 101, 600, 200.5, Number.NaN])("%s is no status of an answer", (status) => {
  const respond = buildResponder(types, { fields: [field("status", "status", 1)], body: null });
  expect(() => respond({ status })).toThrow();
});

test("a cookie is encoded with its attributes", () => {
  const respond = buildResponder(types, { fields: [field("session", "cookie", 2)], body: null });
  const session = { value: "a b;c", httpOnly: true, maxAge: 60, sameSite: "Lax", path: "/" };
  expect(JSON.parse(respond({ session }).headers)).toEqual([
    ["set-cookie", "session=a%20b%3Bc; Max-Age=60; Path=/; SameSite=Lax; HttpOnly"],
  ]);
  expect(() => respond({ session: { value: "x", path: "/; Domain=evil" } })).toThrow("cookie path");
});

test.each([
  ["a=b:c+d", "a=b:c+d"],
  ["50%20", "50%2520"],
  ["100%", "100%25"],
  ['"é', "%22%C3%A9"],
])("a cookie's value %s is sent so that it is read as the same text", (value, sent) => {
  const respond = buildResponder(types, { fields: [field("session", "cookie", 2)], body: null });
  expect(JSON.parse(respond({ session: { value } }).headers)).toEqual([["set-cookie", `session=${sent}`]]);
  expect(decodeURIComponent(sent)).toBe(value);
});

test("every status that has a name can be answered, but those before an answer", () => {
  const respond = buildResponder(types, { fields: [field("status", "status", 1)], body: null });
  for (const status of Object.values(HttpStatus)) {
    if (status < 200) expect(() => respond({ status })).toThrow("a status from 200 to 599");
    else expect(respond({ status }).status).toBe(status);
  }
});
