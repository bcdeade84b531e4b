import { expect, test } from "vitest";
import type { EndpointAnswer } from "../../contract.ts";
import { emptyDraft, fill, type Draft } from "./draft.ts";
import { buildCall, curlOf, formOf, pathNames, readHeaders, type EndpointCall } from "./outgoing-call.ts";
import { fieldOf, fieldsOf } from "./schema-fields.ts";

const ORDER = {
  type: "object",
  required: ["name", "state", "lines"],
  properties: {
    name: { type: "string", minLength: 1, maxLength: 10, description: "Who buys." },
    state: { enum: ["new", "paid", 3] },
    mode: { anyOf: [{ const: "fast" }, { const: "slow" }] },
    due: { type: "string", format: "date" },
    at: { type: "string", format: "date-time" },
    count: { type: "integer", minimum: 0 },
    isGift: { type: "boolean" },
    lines: { type: "array", items: { $ref: "#/$defs/Line" }, maxItems: 3 },
    pay: { anyOf: [{ type: "string" }, { type: "object", properties: {} }] },
    notes: { type: ["string", "null"] },
    more: { type: "object", additionalProperties: { type: "string" } },
  },
  $defs: {
    Line: {
      type: "object",
      required: ["sku"],
      properties: { sku: { type: "string" }, next: { $ref: "#/$defs/Line" } },
    },
  },
};

test("each kind of schema becomes its control, and what has none is written as JSON", () => {
  const kinds = Object.fromEntries(fieldsOf(ORDER).map(({ label, shape }) => [label, shape.kind]));
  expect(kinds).toEqual({
    name: "text",
    state: "choice",
    mode: "choice",
    due: "date",
    at: "date-time",
    count: "integer",
    isGift: "boolean",
    lines: "list",
    pay: "json",
    notes: "json",
    more: "json",
  });
  const [name, , , , , count] = fieldsOf(ORDER);
  expect([name?.hint, name?.doc, name?.isRequired]).toEqual(["1 to 10 characters", "Who buys.", true]);
  expect([count?.hint, count?.isRequired]).toEqual(["at least 0", false]);
});

test("a schema that contains itself ends, and a reference that leads nowhere is JSON", () => {
  expect(JSON.stringify(fieldOf(ORDER)).length).toBeLessThan(5000);
  expect(fieldOf({ $ref: "#/$defs/None" }).shape.kind).toBe("json");
  const round = { $ref: "#/$defs/A", $defs: { A: { $ref: "#/$defs/A" } } };
  expect(fieldOf(round).shape.kind).toBe("json");
  expect(fieldOf(null).shape.kind).toBe("json");
});

test("a draft becomes a value, and what is not given is left out", () => {
  const field = fieldOf(ORDER);
  expect(fill(field, emptyDraft(field))).toEqual({
    value: { name: "", state: "new", lines: [] },
    faults: [],
  });
  const draft = {
    name: "Ada",
    state: "2",
    count: "4",
    isGift: "false",
    lines: [{ sku: "a" }, { sku: "b", next: { sku: "c" } }],
    pay: '{"card":1}',
    at: "2026-03-09T10:00:00Z",
  };
  expect(fill(field, draft)).toEqual({
    value: {
      name: "Ada",
      state: 3,
      count: 4,
      isGift: false,
      lines: [{ sku: "a" }, { sku: "b", next: { sku: "c" } }],
      pay: { card: 1 },
      at: "2026-03-09T10:00:00.000Z",
    },
    faults: [],
  });
});

test("what cannot become a value is a fault with its place", () => {
  const { faults } = fill(fieldOf(ORDER), { count: "four", more: "{", lines: [] });
  expect(faults.map(({ place }) => place)).toEqual(["count", "more"]);
});

const ENDPOINT: EndpointAnswer = {
  id: "links.find",
  service: "links",
  methods: ["GET", "POST"],
  path: "/links/:slug/files/*rest",
  exposed: true,
  auth: false,
  kind: "json",
  doc: null,
  tags: [],
  pathParams: { type: "object", required: ["slug"], properties: { slug: { type: "integer" } } },
  query: {
    type: "object",
    properties: { tags: { type: "array", items: { type: "string" } }, q: { type: "string" } },
  },
  headers: { type: "object", properties: { "x-trace": { type: "string" }, Host: { type: "string" } } },
  body: { type: "object", properties: { url: { type: "string" } } },
  response: null,
};

test("a filled form becomes a request", () => {
  const { call, faults } = buildCall(ENDPOINT, formOf(ENDPOINT), {
    method: "POST",
    path: { slug: "7", rest: "a b/c" },
    query: { tags: ["x&y", "z"], q: "" },
    headers: { "x-trace": "1" },
    cookies: {},
    body: { url: "https://example.com" },
    moreHeaders: "Authorization: Bearer t\n",
  });
  expect(faults).toEqual([]);
  expect(call).toEqual({
    method: "POST",
    path: "/links/7/files/a%20b/c?tags=x%26y&tags=z",
    headers: { "content-type": "application/json", "x-trace": "1", authorization: "Bearer t" },
    body: '{"url":"https://example.com"}',
  });
});

test("a path that is not filled in, and headers that are none, are told", () => {
  const empty = {
    method: "GET",
    path: {},
    query: {},
    headers: {},
    cookies: {},
    body: {},
    moreHeaders: "no header",
  };
  const { faults } = buildCall(ENDPOINT, formOf(ENDPOINT), empty);
  expect(faults.map(({ place }) => place)).toEqual(["slug", "rest", "headers"]);
  expect(pathNames("/a/:b/*c")).toEqual(["b", "c"]);
  expect(readHeaders("A: 1\n\nb:2").headers).toEqual({ a: "1", b: "2" });
});

test("a call is told as a command that a shell reads as it is meant", () => {
  const call = { method: "PUT", path: "/a?b=c", headers: { "x-y": "it's" }, body: '{"a":1}' };
  expect(curlOf(call, "http://localhost:4000/")).toBe(
    String.raw`curl -X PUT -H 'x-y: it'\''s' --data-raw '{"a":1}' 'http://localhost:4000/a?b=c'`,
  );
});

test("a body has the form that its endpoint reads, and cookies are a header", () => {
  const properties = { a: { type: "string" }, b: { type: "array", items: { type: "string" } } };
  const send = (bodyType: EndpointAnswer["bodyType"], body: object, draft: Draft): EndpointCall => {
    const cookies = { type: "object", properties: { session: { type: "string" } } };
    const endpoint: EndpointAnswer = {
      ...ENDPOINT,
      path: "/x",
      pathParams: null,
      cookies,
      body,
      bodyType: bodyType ?? null,
    };
    const parts = { path: {}, query: {}, headers: {}, cookies: { session: "a b" }, moreHeaders: "" };
    return buildCall(endpoint, formOf(endpoint), { method: "POST", ...parts, body: draft }).call;
  };
  const form = send("form", { type: "object", properties }, { a: "x&y", b: ["1", "2"] });
  expect([form.headers, form.body]).toEqual([
    { "content-type": "application/x-www-form-urlencoded", cookie: "session=a%20b" },
    "a=x%26y&b=1&b=2",
  ]);
  const parts = send("multipart", { type: "object", properties }, { a: "x", b: [] });
  expect(parts.body).toBe(
    '--twinloop-dashboard-part\r\ncontent-disposition: form-data; name="a"\r\n\r\nx\r\n--twinloop-dashboard-part--\r\n',
  );
  expect(send("text", { type: "string" }, "hello").body).toBe("hello");
  expect(send("json", { type: "object", properties }, { a: "x", b: [] }).body).toBe('{"a":"x"}');
});

test("a stream is opened without a body", () => {
  expect(formOf({ ...ENDPOINT, kind: "stream" }).body).toBeNull();
});

test("headers that a call writes by itself have no field", () => {
  expect(formOf(ENDPOINT).headers.map(({ label }) => label)).toEqual(["x-trace"]);
});
