import { describe, expect, test } from "vitest";
import { readApp } from "../../test/read-app.ts";
import type { EndpointModel, Manifest, Node } from "@twinloop/core-native/build-time";

function read(text: string, files: Record<string, string> = {}): Manifest {
  const { manifest, problems } = readApp({ "src/app.ts": text, ...files });
  expect(problems).toEqual([]);
  return manifest;
}

function codes(text: string): string[] {
  return readApp(text).problems.map(({ code }) => code);
}

const imported =
  'import { api, type Header, type Query, type Cookie, type SetCookie, type HttpStatus } from "@twinloop/api";\n';

function only(manifest: Manifest): EndpointModel {
  const [endpoint] = manifest.endpoints;
  if (endpoint === undefined || manifest.endpoints.length !== 1) throw new Error("not one endpoint");
  return endpoint;
}

function body(manifest: Manifest): Node | undefined {
  return manifest.types[only(manifest).request?.body ?? -1];
}

test("a branded type is the type it brands at every use, not only at the first", () => {
  const manifest = read(`${imported}
type UserId = number & { readonly __brand: "user" };
export const a = api({ method: "GET", path: "/a/:id" }, async ({ id }: { id: UserId }) => ({ id }));
export const b = api({ method: "GET", path: "/b/:id" }, async ({ id }: { id: UserId }) => ({ id }));
`);
  const kinds = manifest.endpoints.map(({ request }) => manifest.types[request!.fields[0]!.type]!.kind);
  expect(kinds).toEqual(["number", "number"]);
});

describe("finding endpoints", () => {
  test("an endpoint has its service, name, place, method, path and doc comment", () => {
    const manifest = read(`${imported}
/**
 * Shortens a link.
 *
 * @param x ignored
 */
export const shorten = api({ expose: true, method: "PUT", path: "/links" }, async (link: { url: string }) => ({ id: link.url }));
`);
    expect(only(manifest)).toMatchObject({
      service: "shop",
      export: "shorten",
      file: "src/app.ts",
      line: 8,
      methods: ["PUT"],
      path: "/links",
      pathGiven: true,
      kind: "typed",
      doc: "Shortens a link.",
    });
  });

  test.each([
    [
      "an alias",
      'import { api as endpoint } from "@twinloop/api";\nexport const a = endpoint({ path: "/a" }, async () => {});',
    ],
    [
      "a namespace",
      'import * as twinloop from "@twinloop/api";\nexport const a = twinloop.api({ path: "/a" }, async () => {});',
    ],
    [
      "a constant",
      'import { api } from "@twinloop/api";\nconst endpoint = api;\nexport const a = endpoint({ path: "/a" }, async () => {});',
    ],
    [
      "a re-export",
      'import { route } from "./framework.js";\nexport const a = route({ path: "/a" }, async () => {});',
    ],
    [
      "a namespace of a re-export",
      'import * as own from "./framework.js";\nexport const a = own.route({ path: "/a" }, async () => {});',
    ],
  ])("is done through %s", (_, text) => {
    expect(
      only(read(text, { "src/framework.ts": 'export { api as route } from "@twinloop/api";' })).path,
    ).toBe("/a");
  });

  test("another function of the same name is no endpoint", () => {
    const manifest = read(
      "function api(options: object, handler: () => void): void {}\nexport const a = api({ path: '/a' }, () => {});",
    );
    expect(manifest.endpoints).toEqual([]);
  });

  test.each([
    ["export const a = CALL;", "a"],
    ["const b = CALL;\nexport { b as renamed };", "renamed"],
    ["const c = CALL;\nexport default c;", "default"],
    ["export default CALL;", "default"],
  ])("the exported name of `%s` is %s", (text, name) => {
    const endpoint = only(read(imported + text.replace("CALL", "api({}, async () => {})")));
    expect([endpoint.export, endpoint.path, endpoint.pathGiven]).toEqual([name, `/shop.${name}`, false]);
  });

  test("an endpoint that is neither exported nor given a path is a problem", () => {
    expect(codes(`${imported}const a = api({}, async () => {});`)).toEqual(["path_missing"]);
  });

  test("an endpoint inside a function is a problem, one in a test file is none of ours", () => {
    expect(
      codes(`${imported}export function make() { return api({ path: "/a" }, async () => {}); }`),
    ).toEqual(["not_top_level"]);
    const files = { "src/app.test.ts": `${imported}api({ path: "/t" }, async () => {});` };
    expect(
      read(`${imported}export const a = api({ path: "/a" }, async () => {});`, files).endpoints,
    ).toHaveLength(1);
  });

  test("the nearest Service names the endpoints below it", () => {
    const endpoint = `${imported}export const a = api({}, async () => {});`;
    const files = {
      "src/users/service.ts":
        'import { Service } from "@twinloop/api";\nexport default new Service("users");',
      "src/users/deep/a.ts": endpoint,
    };
    const { endpoints } = readApp({ ...files, "src/b.ts": endpoint.replace("const a", "const b") }).manifest;
    expect(endpoints.map(({ path }) => path).sort()).toEqual(["/shop.b", "/users.a"]);
  });

  test("an event stream has the type of what it yields, and GET", () => {
    const { endpoints, types } = read(`${imported}
interface Tick { event: "tick"; id?: string; data: { at: string } }
export const written = api.sse({ path: "/a/:room" }, async function* ({ room }: { room: string }): AsyncGenerator<Tick> {});
export const inferred = api.sse({ path: "/b" }, async function* () { yield { data: 1 as number }; });
export const later = api.sse({ path: "/c" }, async (): Promise<AsyncIterable<{ data: boolean }>> => null!);
export const given = api.sse<void, { data: null }>({ path: "/d" }, async function* () {});
`);
    expect(endpoints.map(({ kind, methods, response }) => [kind, methods, response])).toEqual(
      Array.from({ length: 4 }, () => ["sse", ["GET"], null]),
    );
    const names = endpoints.map(({ outgoing }) =>
      (types[outgoing!] as { properties: { name: string }[] }).properties.map(({ name }) => name),
    );
    expect(names).toEqual([["event", "id", "data"], ["data"], ["data"], ["data"]]);
    expect(endpoints[0]?.request?.fields[0]?.name).toBe("room");
  });

  test("an event stream whose handler yields nothing that can be told is a problem", () => {
    expect(codes(`${imported}export const a = api.sse({ path: "/a" }, (): any => null);`)).toEqual([
      "type_not_json",
    ]);
  });

  test("raw, static and stream endpoints have their kinds", () => {
    const { endpoints, types } = read(`${imported}
export const raw = api.raw({ method: "*", path: "/raw/*rest" }, (req, res) => {});
export const files = api.static({ path: "/files/*path", dir: "./files" });
export const up = api.streamIn<{ chunk: string }, { size: number }>({ path: "/up" }, async () => ({ size: 1 }));
export const down = api.streamOut<{ id: string }, { tick: number }>({ path: "/down/:id" }, async () => {});
export const chat = api.streamInOut<{ say: string }, { heard: string }>({ path: "/chat" }, async () => {});
`);
    expect(endpoints.map(({ kind, methods }) => [kind, ...methods])).toEqual([
      ["raw", "*"],
      ["static", "GET"],
      ["streamIn", "GET"],
      ["streamOut", "GET"],
      ["streamInOut", "GET"],
    ]);
    const names = (type: number | null | undefined): unknown =>
      (types[type ?? -1] as { properties: { name: string }[] }).properties[0]?.name;
    expect([names(endpoints[2]?.incoming), names(endpoints[2]?.response?.body)]).toEqual(["chunk", "size"]);
    expect([endpoints[3]?.request?.fields[0]?.name, names(endpoints[3]?.outgoing)]).toEqual(["id", "tick"]);
    expect([names(endpoints[4]?.incoming), names(endpoints[4]?.outgoing)]).toEqual(["say", "heard"]);
  });
});

describe("streams", () => {
  test.each([
    ['api.streamInOut<string>({ path: "/a" }, async (_: unknown) => {})', ["stream_not_typed"]],
    ['api.streamIn({ path: "/a" }, async (_: unknown) => {})', ["stream_not_typed"]],
    ['api.streamOut({ path: "/a" }, async (_: unknown, __: unknown) => {})', ["stream_not_typed"]],
    ['api.streamOut<{ id: string }, () => void>({ path: "/:id" }, async () => {})', ["type_not_json"]],
    ['api.streamOut<{ id: { a: 1 } }, string>({ path: "/:id" }, async () => {})', ["field_not_scalar"]],
  ])("%s is a problem", (source, expected) => {
    expect(codes(`${imported}export const a = ${source};`)).toEqual(expected);
  });
});

describe("options", () => {
  test.each([
    ['{ method: ["POST", "GET"], path: "/a" }', ["GET", "POST"], "/a"],
    ["{ method: METHOD, path: PATH }", ["PATCH"], "/const"],
    ["{ method: METHODS, path: `${BASE}/x` } as const", ["GET", "PUT"], "/v1/x"],
    ["OPTIONS", ["DELETE"], "/options"],
    ['{ ...OPTIONS, path: BASE + "/spread" }', ["DELETE"], "/v1/spread"],
    ["{ path: paths.nested.deep }", ["POST"], "/deep"],
    ['{ method: "*", path: "/any" } satisfies object', ["*"], "/any"],
  ])("%s is read without running it", (options, methods, path) => {
    const text = `${imported}import { BASE } from "./base.js";
const METHOD = "PATCH";
const METHODS = ["PUT", "GET"] as const;
const PATH = "/const";
const OPTIONS = { method: "DELETE", path: "/options" };
const paths = { nested: { deep: "/deep" } } as const;
export const a = api(${options}, async () => {});`;
    expect(only(read(text, { "src/base.ts": 'export const BASE = "/v1";' }))).toMatchObject({
      methods,
      path,
    });
  });

  test.each([
    ["{ path: makePath() }", "option_not_static"],
    ["makeOptions()", "option_not_static"],
    ["{ path: changing }", "option_not_static"],
    ['{ path: "no-slash" }', "path_invalid"],
    ['{ path: "/a/:id/:id" }', "path_invalid"],
    ['{ path: "/a/*rest/b" }', "path_invalid"],
    ['{ path: "/a", method: 7 as never }', "option_invalid"],
  ])("%s is a problem: %s", (options, code) => {
    const text = `${imported}declare function makePath(): string; declare function makeOptions(): { path: string };
let changing = "/a";
export const a = api(${options}, async () => {});`;
    expect(codes(text)).toContain(code);
  });

  test("a handler without options before it is one problem, which says what is missing", () => {
    const { problems } = readApp(
      `${imported}export const a = api(async (r: { n: number }) => ({ n: r.n }));`,
    );
    expect(problems).toEqual([
      expect.objectContaining({
        code: "handler_not_callable",
        line: 2,
        message: "The first argument must be the options, and here it is the handler",
      }),
    ]);
  });

  test("two endpoints on one route are a problem", () => {
    const text = `${imported}export const a = api({ path: "/a/:id" }, async (r: { id: string }) => {});
export const b = api({ path: "/a/:other" }, async (r: { other: string }) => {});`;
    expect(readApp(text).problems).toEqual([
      expect.objectContaining({
        code: "duplicate",
        line: 3,
        message: expect.stringContaining("src/app.ts:2"),
      }),
    ]);
  });

  test.each([
    ['path: "/café"', 'path: "/caf%c3%a9"', "POST"],
    ['path: "/~me", method: "GET"', 'path: "/%7Eme", method: ["POST", "GET"]', "GET"],
    ['path: "/a/:x/:y"', 'path: "/a/:y/:x"', "POST"],
    ['path: "/a/*x"', 'path: "/a/*y"', "POST"],
    ['path: "/a", method: "*"', 'path: "/a", method: "*"', "*"],
  ])("one route in two spellings is a problem: %s, %s", (first, second, method) => {
    const text = `${imported}export const a = api({ ${first} }, async (r: { x: string; y: string }) => {});
export const b = api({ ${second} }, async (r: { x: string; y: string }) => {});`;
    const told = readApp(text).problems.filter(({ code }) => code === "duplicate");
    expect(told).toEqual([
      expect.objectContaining({ line: 3, message: expect.stringContaining("src/app.ts:2") }),
    ]);
    expect(told[0]?.message).toContain(`\`${method} /`);
  });

  test("a method of its own beside any method is no problem", () => {
    read(`${imported}export const a = api({ path: "/a", method: "*" }, async () => {});
export const b = api({ path: "/a", method: "GET" }, async () => {});`);
  });

  test("a schema in the options leaves that side to the start", () => {
    const text = `${imported}import * as z from "zod";
const Input = z.object({ id: z.string() });
export const a = api({ path: "/a", request: Input, response: z.object({ ok: z.boolean() }) }, async (input) => ({ ok: true }));`;
    const endpoint = only(read(text, { "node_modules/zod/package.json": '{ "name": "zod" }' }));
    expect(endpoint).toMatchObject({
      request: null,
      requestFrom: "runtime",
      response: null,
      responseFrom: "runtime",
    });
  });
});

describe("the request", () => {
  test("is split into path, query, header, cookie and body", () => {
    const manifest = read(`${imported}
interface Update {
  id: string;
  version: Query<number>;
  order?: Query<"asc" | "desc">;
  page?: Query<"p">;
  tags: Query<string[], "tag">;
  trace: Header<"X-Trace">;
  accept?: Header;
  session?: Cookie<number, "sid">;
  flag?: Query<boolean>;
  title: string;
  note?: string;
}
export const update = api({ method: "PUT", path: "/links/:id" }, async (request: Update) => {});`);
    const { fields, bodyOptional } = only(manifest).request ?? { fields: [], bodyOptional: null };
    const kind = (type: number): unknown => manifest.types[type];
    expect(
      fields.map(({ name, in: place, wire, optional, type }) => [name, place, wire, optional, kind(type)]),
    ).toEqual([
      ["id", "path", "id", false, { kind: "string" }],
      ["version", "query", "version", false, { kind: "number" }],
      ["order", "query", "order", true, { kind: "enum", values: ["asc", "desc"] }],
      ["page", "query", "p", true, { kind: "string" }],
      ["tags", "query", "tag", false, expect.objectContaining({ kind: "array" })],
      ["trace", "header", "x-trace", false, { kind: "string" }],
      ["accept", "header", "accept", true, { kind: "string" }],
      ["session", "cookie", "sid", true, { kind: "number" }],
      ["flag", "query", "flag", true, { kind: "boolean" }],
    ]);
    expect(body(manifest)).toMatchObject({ properties: [{ name: "title" }, { name: "note" }] });
    expect(bodyOptional).toBe(false);
  });

  test.each(["GET", "HEAD", "DELETE"])("of %s takes the rest from the query", (method) => {
    const { request } = only(
      read(
        `${imported}export const a = api({ method: "${method}", path: "/a/:id" }, async (r: { id: number; q?: string; at?: Date }) => {});`,
      ),
    );
    expect(request).toMatchObject({
      body: null,
      fields: [{ in: "path" }, { in: "query", wire: "q" }, { in: "query", wire: "at" }],
    });
  });

  test("is null for handlers that take none", () => {
    for (const handler of ["async () => {}", "async (_: void) => {}", "async function () {}"]) {
      expect(only(read(`${imported}export const a = api({ path: "/a" }, ${handler});`)).request).toBeNull();
    }
  });

  test("comes from the type arguments where they are given", () => {
    const manifest = read(
      `${imported}export const a = api<{ id: string }, { ok: boolean }>({ path: "/a" }, async (r) => ({ ok: r.id === "" }));`,
    );
    expect(body(manifest)).toMatchObject({ properties: [{ name: "id" }] });
  });

  test.each([
    ["POST", "(r?: { q?: string }) => {}", "body"],
    ["POST", "async (r: { q?: string } | undefined) => {}", "body"],
    ["POST", 'async (r?: { q?: string } | { kind?: "a" }) => {}', "body"],
    ["GET", "async (r?: { q?: string; page?: number }) => {}", "query"],
    ["GET", "async (r: { q?: string } = {}) => {}", "query"],
  ])("of %s that may be undefined is one whose properties are all absent: %s", (method, handler, place) => {
    const manifest = read(
      `${imported}export const a = api({ method: "${method}", path: "/a" }, ${handler});`,
    );
    const { request } = only(manifest);
    expect(request?.bodyOptional).toBe(place === "body");
    expect(request?.fields.every((field) => field.in === "query" && field.optional)).toBe(true);
    expect(request?.fields.length === 0).toBe(place === "body");
  });

  test.each(["(r?: { q: string }) => {}", "async (r: string | undefined) => {}"])(
    "that may be undefined and has what is required is a problem: %s",
    (handler) => {
      const { problems } = readApp(`${imported}export const a = api({ path: "/a" }, ${handler});`);
      expect(problems).toEqual([
        expect.objectContaining({
          code: "type_not_json",
          message: expect.stringContaining("may be `undefined`"),
          hint: expect.stringContaining("Make every property optional"),
        }),
      ]);
    },
  );

  test("whose body properties are all optional may be absent", () => {
    expect(
      only(read(`${imported}export const a = api({ path: "/a" }, async (r: { q?: string }) => {});`)).request
        ?.bodyOptional,
    ).toBe(true);
  });

  test("keeps brands and constraints of fields", () => {
    const manifest = read(`import { api, type Query, type Min, type Int } from "@twinloop/api";
export const a = api({ path: "/a" }, async (r: { page?: Query<number & Int & Min<1>> }) => {});`);
    expect(manifest.types[only(manifest).request?.fields[0]?.type ?? -1]).toEqual({
      kind: "number",
      min: 1,
      int: true,
    });
  });

  test("that is a union shares its fields, and its bodies form a tagged union", () => {
    const manifest = read(`${imported}
type Change = { id: string; kind: "rename"; name: string } | { id: string; kind: "move"; to: string };
export const change = api({ path: "/links/:id" }, async (r: Change) => {});`);
    expect(only(manifest).request?.fields).toHaveLength(1);
    expect(body(manifest)).toMatchObject({ kind: "union", tag: "kind" });
  });

  test.each([
    ["{ id: string; a: 1 } | { id: number; b: 2 }", "/x/:id", "POST", "fields_differ"],
    ["{ other: string }", "/x/:id", "POST", "path_field_missing"],
    ["string", "/x/:id", "POST", "field_misplaced"],
    ["string[]", "/x", "GET", "field_misplaced"],
    ["{ filter: { a: string } }", "/x", "GET", "field_not_scalar"],
    ["{ id: string[] }", "/x/:id", "POST", "field_not_scalar"],
    ["{ q: string | null }", "/x", "GET", "field_not_scalar"],
    ["{ q: unknown }", "/x", "GET", "field_not_scalar"],
    ["{ h: Header<'X-A'>[] }", "/x", "POST", "field_misplaced"],
  ])("%s at %s is a problem", (type, path, method, code) => {
    expect(
      codes(
        `${imported}export const a = api({ method: "${method}", path: "${path}" }, async (r: ${type}) => {});`,
      ),
    ).toContain(code);
  });

  test("without a declared type is a problem", () => {
    expect(codes(`${imported}export const a = api({ path: "/a" }, async (r) => {});`)).toContain(
      "request_not_declared",
    );
  });
});

describe("the response", () => {
  const response = (handler: string): { manifest: Manifest; endpoint: EndpointModel } => {
    const manifest = read(`${imported}export const a = api({ path: "/a" }, ${handler});`);
    return { manifest, endpoint: only(manifest) };
  };

  test.each([
    ["async () => ({ id: 'a', n: 1 })", { kind: "object", properties: [{ name: "id" }, { name: "n" }] }],
    ["() => [1, 2]", { kind: "array" }],
    ["async (): Promise<Promise<string>> => 'a'", { kind: "string" }],
    ["async () => (Math.random() > 1 ? { a: 1 } : null)", { kind: "union" }],
    ["async (): Promise<boolean> => true", { kind: "boolean" }],
    ["(): { then(done: (value: number) => void): void } => ({ then() {} })", { kind: "number" }],
    ["async () => ({})", { kind: "object", properties: [] }],
  ])("of %s is what is awaited", (handler, expected) => {
    const { manifest, endpoint } = response(handler);
    expect(manifest.types[endpoint.response?.body ?? -1]).toMatchObject(expected);
  });

  test.each([
    "async () => {}",
    "async (): Promise<void> => {}",
    "async (): Promise<never> => { throw new Error(); }",
  ])("of %s is null", (handler) => {
    expect(response(handler).endpoint.response).toBeNull();
  });

  test("has headers, cookies and a status of its own", () => {
    const { manifest, endpoint } = response(
      `async (): Promise<{ status: HttpStatus; location: Header<"Location">; session: SetCookie<"sid">; seen: Cookie<number, "n">; body: string }> => { throw new Error(); }`,
    );
    const fields = endpoint.response?.fields.map(({ name, in: place, wire, type }) => [
      name,
      place,
      wire,
      manifest.types[type]?.kind,
    ]);
    expect(fields).toEqual([
      ["status", "status", "", "number"],
      ["location", "header", "location", "string"],
      ["session", "cookie", "sid", "string"],
      ["seen", "cookie", "n", "number"],
    ]);
    expect(manifest.types[endpoint.response?.body ?? -1]).toMatchObject({ properties: [{ name: "body" }] });
  });

  test("of a second endpoint has the same fields as that of the first", () => {
    const handler =
      "async (): Promise<{ status: HttpStatus; at: Header<number, 'X-At'> }> => { throw new Error(); }";
    const manifest = read(`${imported}
export const a = api({ path: "/a" }, ${handler});
export const b = api({ path: "/b" }, ${handler});`);
    const kinds = manifest.endpoints.map(({ response: own }) =>
      own?.fields.map(({ type }) => manifest.types[type]?.kind),
    );
    expect(kinds).toEqual([
      ["number", "number"],
      ["number", "number"],
    ]);
  });

  test.each(["Content-Length", "transfer-encoding", "Connection", "Upgrade"])(
    "with the header %s, which no endpoint can set, is a problem",
    (name) => {
      const text = `${imported}export const a = api({ path: "/a" }, async (): Promise<{ h: Header<"${name}"> }> => ({ h: "1" }));`;
      expect(readApp(text).problems).toEqual([
        expect.objectContaining({
          code: "field_misplaced",
          message: expect.stringContaining(`the header \`${name}\``),
        }),
      ]);
    },
  );

  test.each([
    ["async (): Promise<string | undefined> => undefined"],
    ["(): string | void => {}"],
    ['(): Promise<string | void> | undefined => Promise.resolve("a")'],
    ['async ({ q }: { q?: string }) => { if (q) return; return "a" as string; }'],
    ['async ({ q }: { q?: string }) => { if (q) return "a" as string; }'],
  ])("of %s has an optional body", (handler) => {
    const manifest = read(`${imported}export const a = api({ path: "/a" }, ${handler});`);
    const { response } = only(manifest);
    expect(response).toEqual({ fields: [], body: expect.any(Number), bodyOptional: true });
    expect(manifest.types[response?.body ?? -1]).toEqual({ kind: "string" });
  });
});

test("the app's model lists topics, subscriptions, databases, cron jobs and secrets", () => {
  const manifest = read(`
import { Topic, Subscription } from "@twinloop/pubsub";
import { SQLDatabase } from "@twinloop/sqldb";
import { CronJob } from "@twinloop/cron";
import { secret } from "@twinloop/secrets";
/** Every click. */
export const clicks = new Topic<{ id: string }>("clicks", {});
export const count = new Subscription(clicks, "count", { handler: async () => {} });
export const db = new SQLDatabase("links", { migrations: "./migrations" });
export const job = new CronJob("rollup", { every: "1h", timeZone: "Europe/Berlin", handler: () => {} });
const key = secret("SigningKey");
const port = secret("Port", { default: 4000 });
const dsn = secret("ErrorReports", { optional: true });
const strict = secret("Strict", { optional: false });
export const own = new SQLDatabase("own", { connectionString: "postgres://elsewhere" });`);
  const common = { file: "src/app.ts", options: {}, types: {} };
  const topic = { ...common, what: "Topic", package: "@twinloop/pubsub", noun: "topic", name: "clicks" };
  const secret = {
    ...common,
    what: "secret",
    package: "@twinloop/secrets",
    noun: "secret",
    confidential: true,
  };
  const database = {
    ...common,
    what: "SQLDatabase",
    package: "@twinloop/sqldb",
    noun: "database",
    provides: "postgres",
  };
  expect(manifest.declarations).toEqual([
    { ...topic, types: { message: 0 }, doc: "Every click.", line: 7 },
    { ...topic, what: "Subscription", noun: "subscription", name: "count", within: "clicks", line: 8 },
    {
      ...{ ...database, name: "links", line: 9 },
      ...{ options: { migrations: "./migrations" }, folders: ["migrations"] },
    },
    {
      ...{
        ...common,
        what: "CronJob",
        package: "@twinloop/cron",
        noun: "cron job",
        name: "rollup",
        line: 10,
      },
      options: { every: "1h", timeZone: "Europe/Berlin" },
    },
    { ...secret, name: "SigningKey", line: 11 },
    { ...secret, name: "Port", options: { default: true }, line: 12 },
    { ...secret, name: "ErrorReports", options: { optional: true }, line: 13 },
    { ...secret, name: "Strict", options: { optional: false }, line: 14 },
    { ...database, name: "own", options: { connectionString: true }, line: 15 },
  ]);
});

test("an app without strictness keeps its nulls, with both compilers", { timeout: 30_000 }, () => {
  const text = `${imported}export const a = api({ path: "/a" }, async (r: { x: string | null }): Promise<void> => {});`;
  for (const typescript of ["6", "7"] as const) {
    const { manifest, problems } = readApp(text, { typescript, compilerOptions: { strict: false } });
    expect(problems).toEqual([]);
    expect(manifest.types[1]).toMatchObject({ kind: "union" });
  }
});

describe("sensitive values", () => {
  const sensitive = imported.replace("type Header", "type Sensitive, type MinLen, type Header");

  test("a property is sensitive by its type, or by the type of what it holds", () => {
    const node = body(
      read(`${sensitive}
type Answer = Sensitive<string & MinLen<3>>;
export const a = api({ method: "POST", path: "/a" }, async (_: {
  plain: string; one: Answer; maybe?: Answer | null; list: Answer[]; record: Record<string, Answer>;
  object: Sensitive<{ a: string }>; number: Sensitive<number>;
}) => ({ ok: true }));
`),
    );
    const properties = node?.kind === "object" ? node.properties : [];
    expect(Object.fromEntries(properties.map((one) => [one.name, one.sensitive ?? false]))).toEqual({
      plain: false,
      one: true,
      maybe: true,
      list: true,
      record: true,
      object: true,
      number: true,
    });
  });

  test("constraints within stay, and the marker is none", () => {
    const manifest = read(`${sensitive}
export const a = api({ method: "POST", path: "/a" }, async (_: { answer: Sensitive<string & MinLen<3>> }) => ({ ok: true }));
`);
    const node = body(manifest);
    const type = node?.kind === "object" ? node.properties[0]!.type : -1;
    expect(manifest.types[type]).toEqual({ kind: "string", minLen: 3 });
  });

  test("fields of the path, query, headers and cookies are sensitive too", () => {
    const { request } = only(
      read(`${sensitive}
export const a = api({ method: "GET", path: "/a/:id" }, async (_: {
  id: Sensitive<string>; q?: Sensitive<string>; plain?: string;
  h?: Header<string, "X-H"> & Sensitive<string>; c?: Cookie<Sensitive<string>, "c">;
}) => ({ ok: true }));
`),
    );
    const found = request!.fields.map((one) => [one.name, one.in, one.sensitive ?? false]);
    expect(found.sort()).toEqual(
      [
        ["id", "path", true],
        ["q", "query", true],
        ["plain", "query", false],
        ["h", "header", true],
        ["c", "cookie", true],
      ].sort(),
    );
  });
});
