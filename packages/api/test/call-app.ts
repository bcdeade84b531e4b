import { expect } from "vitest";

const USERS = `
import { api, APIError, authHandler, currentRequest, Gateway, getAuthData, type Context, type Header, type MinLen, type Query } from "@twinloop/api";
interface User { id: number; lang: string; since: Date | null; all: string[]; seen: unknown }
export const get = api({ method: "GET", path: "/users/:id", tags: ["marked"] }, async (given: { id: number; lang: Header<"Accept-Language">; since?: Query<Date>; tags: Query<string[]> }): Promise<User> => {
  const extra = { secret: "not declared" };
  return { ...extra, id: given.id, lang: given.lang, since: given.since ?? null, all: given.tags, seen: currentRequest()!.data["seen"] ?? null };
});
export interface Kinds { name: string & MinLen<2>; at: Date; big: bigint; bytes: Uint8Array; nested: { n: number }[] }
export const kinds = api({ path: "/kinds" }, async (given: Kinds): Promise<Kinds & { are: boolean[] }> => ({
  ...given, are: [given.at instanceof Date, typeof given.big === "bigint", given.bytes instanceof Uint8Array, !("extra" in given), given.nested.every((one) => !("extra" in one))],
}));
export const nothing = api({ path: "/nothing" }, async (): Promise<void> => {});
export const headed = api({ path: "/headed" }, async (): Promise<{ etag: Header<"ETag">; n: number }> => ({ etag: "x", n: 1 }));
export const hides = api({ path: "/hides", sensitive: true }, async ({ pin }: { pin: string & MinLen<9> }) => ({ pin }));
export const fails = api({ path: "/fails" }, async () => { throw APIError.notFound("none").withDetails({ id: 1 }); });
export const crashes = api({ path: "/crashes" }, async () => { throw new Error("a secret of the callee"); });
export const busy = api({ path: "/busy" }, async () => { throw APIError.unavailable("later").withHeaders({ "retry-after": "7" }); });
export const lost = api({ path: "/lost" }, async () => { throw APIError.dataLoss("gone").withHeaders({ "x-lost": ["a", "b"] }); });
export const hidden = api({ path: "/hidden" }, async () => { throw APIError.internal("a secret").withHeaders({ "retry-after": "9" }); });
export const misfits = api({ path: "/misfits" }, async (): Promise<{ n: number }> => ({ n: "x" as never }));
export const aborted: string[] = [];
export const slow = api({ path: "/slow", timeout: 100 }, async (_: void, ctx: Context): Promise<void> => {
  await new Promise((resolve) => ctx.signal.addEventListener("abort", resolve));
  aborted.push((ctx.signal.reason as Error).message);
});
export const patient = api({ path: "/patient", timeout: null }, async (_: void, ctx: Context): Promise<void> => {
  await new Promise((resolve) => ctx.signal.addEventListener("abort", resolve));
  aborted.push((ctx.signal.reason as Error).message);
});
export const trace = api({ path: "/trace" }, async (_: void, ctx: Context) => ({
  trace: ctx.trace.traceId, parent: ctx.trace.parentSpanId ?? null, span: ctx.trace.spanId, own: currentRequest() === ctx,
  endpoint: ctx.endpoint, service: ctx.service, path: ctx.path, method: ctx.method,
}));
export const me = api({ path: "/me", auth: true }, async () => ({ id: getAuthData()!.userID }));
export const auth = authHandler<{ authorization: Header<"Authorization"> }, { userID: string }>(async ({ authorization }) => ({ userID: authorization }));
export const gateway = new Gateway({ authHandler: auth });
export const ticks = api.sse({ path: "/ticks/:n" }, async function* ({ n }: { n: number }) {
  for (let i = 0; i < n; i++) yield { data: { i, at: new Date(0), of: currentRequest()?.endpoint ?? "" } };
});
`;

const CASES = `
import { APIError, currentRequest } from "@twinloop/api";
import * as users from "./users/users.js";
const failed = async (run: () => Promise<unknown>) => {
  try { return { value: await run() }; } catch (error) {
    if (!(error instanceof APIError)) return { other: String(error) };
    const { code, message, details, headers } = error;
    return { ...(headers && { headers }), code, message, details: details ?? null, cause: error.cause === undefined ? null : (error.cause as Error).message };
  }
};
export const cases: Record<string, () => Promise<unknown>> = {
  "checked": () => users.get({ id: 7, lang: "en", since: new Date(0), tags: ["a b", "c&d"] }),
  "stays": async () => {
    const { at, big, bytes, are, ...rest } = await users.kinds({ name: "ab", at: new Date(5), big: 12345678901234567890n, bytes: new Uint8Array([1, 255]), nested: [{ n: 1, extra: 1 } as never], extra: 1 } as never);
    return { ...rest, are, at: [at instanceof Date, at.getTime()], big: [typeof big, String(big)], bytes: [bytes instanceof Uint8Array, ...bytes] };
  },
  "nothing": async () => ({ answer: (await users.nothing()) === undefined }),
  "headed": () => users.headed(),
  "invalid": () => failed(() => users.get({ id: 1.5 as never, lang: undefined as never, tags: [] })),
  "body": () => failed(() => users.kinds({ name: "a", at: "no" as never, big: 1n, bytes: new Uint8Array(), nested: [{ n: Number.NaN }] })),
  "object": () => failed(() => users.get({ id: {} as never, lang: "en", tags: [] })),
  "cycle": () => failed(() => { const nested: any[] = []; nested.push(nested); return users.kinds({ nested } as never); }),
  "hides": () => failed(() => users.hides({ pin: "hunter2" })),
  "fails": () => failed(() => users.fails()),
  "crashes": () => failed(() => users.crashes()),
  "busy": () => failed(() => users.busy()),
  "lost": () => failed(() => users.lost()),
  "hidden": () => failed(() => users.hidden()),
  "misfits": () => failed(() => users.misfits()),
  "slow": async () => ({ ...(await failed(() => users.slow())), aborted: users.aborted.at(-1) }),
  "signal": async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 20);
    return { ...(await failed(() => users.patient(undefined, { signal: controller.signal }))), aborted: users.aborted.at(-1) };
  },
  "before": () => failed(() => users.patient(undefined, { signal: AbortSignal.abort() })),
  "options": () => failed(() => users.nothing(undefined, 5 as never)),
  "nobody": () => failed(() => users.me()),
  "given": () => users.me(undefined, { authData: { userID: "given" } }),
  "passed": () => failed(() => users.me()),
  "dropped": () => failed(() => users.me(undefined, { authData: null })),
  "bad auth": () => failed(() => users.me(undefined, { authData: {} as never })),
  "trace": async () => {
    const own = currentRequest()?.trace;
    const { trace, parent, span, ...rest } = await users.trace();
    return { ...rest, same: trace === own?.traceId, child: parent === own?.spanId, differs: span !== own?.spanId };
  },
  "events": async () => {
    const got: unknown[] = [];
    for await (const { data } of users.ticks({ n: 2 })) got.push([data.i, data.at instanceof Date, data.of]);
    return { got };
  },
  "bad events": () => failed(async () => { for await (const one of users.ticks({ n: "x" as never })) void one; }),
};
`;

/** The app whose endpoints call each other: `users` and what calls it. */
export const FILES = {
  "users/users.ts": USERS,
  "users/encore.service.ts": `
import { middleware, Service } from "@twinloop/api";
const seen = middleware({ target: { tags: ["marked"], type: "api-call" } }, async (request, next) => {
  request.data["seen"] = [request.requestMeta.path, request.requestMeta.headers["accept-language"]];
  const response = await next(request);
  response.header.set("x-seen", "1");
  return response;
});
export default new Service("users", { middlewares: [seen] });
`,
  "cases.ts": CASES,
  "app.ts": `
import { api, start } from "@twinloop/api";
import "./users/encore.service.js";
import { cases } from "./cases.js";
import { aborted, patient } from "./users/users.js";
export const run = api({ expose: true, method: "GET", path: "/run/:name" }, async ({ name }: { name: string }): Promise<unknown> => cases[name]!());
export const hang = api({ expose: true, method: "GET", path: "/hang", timeout: 200 }, async (): Promise<void> => { await patient(); });
export const seen = api({ expose: true, method: "GET", path: "/aborted" }, async (): Promise<string[]> => aborted);
const { url } = await start({ banner: false });
console.log("listening " + url);
`,
  "script.ts": `
import "./users/encore.service.js";
import { cases } from "./cases.js";
const found: Record<string, unknown> = {};
for (const [name, run] of Object.entries(cases)) if (!["trace"].includes(name)) found[name] = await run();
process.stdout.write("found " + JSON.stringify(found) + "\\n");
`,
};

const issue = (at: string, expected: string, found: string): object => ({ at, expected, found });
const HIDDEN = { code: "internal", message: "an internal error occurred", details: null };
const CANCELED = { code: "canceled", message: "the caller canceled the call", details: null };

/** What each call resolves to, or is refused with. A pattern stands for what a text must match. */
export const EXPECTED: readonly (readonly [string, object])[] = [
  [
    "checked",
    {
      ...{ id: 7, lang: "en", since: "1970-01-01T00:00:00.000Z", all: ["a b", "c&d"] },
      seen: ["/users/7", "en"],
    },
  ],
  [
    "stays",
    {
      ...{ name: "ab", at: [true, 5], big: ["bigint", "12345678901234567890"], bytes: [true, 1, 255] },
      ...{ nested: [{ n: 1 }], are: [true, true, true, true, true] },
    },
  ],
  ["nothing", { answer: true }],
  ["headed", { etag: "x", n: 1 }],
  [
    "invalid",
    { code: "invalid_argument", details: { issues: [issue("header.accept-language", "string", "nothing")] } },
  ],
  [
    "body",
    {
      code: "invalid_argument",
      message: /body\.name: expected string of at least 2/,
    },
  ],
  ["object", { details: { issues: [issue("path.id", "a value that a text can carry", "object")] } }],
  ["cycle", { code: "invalid_argument", message: "the request cannot be written as JSON" }],
  ["hides", { code: "invalid_argument", message: /^(?!.*hunter2)/ }],
  ["fails", { code: "not_found", message: "none", details: { id: 1 } }],
  ["crashes", { ...HIDDEN, cause: "a secret of the callee" }],
  ["busy", { code: "unavailable", message: "later", headers: { "retry-after": "7" } }],
  ["lost", { code: "data_loss", message: "gone", headers: { "x-lost": ["a", "b"] } }],
  ["hidden", { code: "internal", message: "an internal error occurred", headers: { "retry-after": "9" } }],
  ["misfits", { ...HIDDEN, cause: /response\.n/ }],
  [
    "slow",
    {
      ...{ code: "deadline_exceeded", message: "the endpoint did not answer in time", details: null },
      aborted: "the endpoint did not answer in time",
    },
  ],
  ["signal", { ...CANCELED, aborted: "the caller canceled the call" }],
  ["before", CANCELED],
  [
    "nobody",
    {
      code: "unauthenticated",
      message: "the endpoint needs a known caller, and the call has no auth data",
    },
  ],
  ["given", { id: "given" }],
  ["bad auth", { code: "invalid_argument" }],
  ["options", { code: "invalid_argument" }],
  [
    "events",
    {
      got: [
        [0, true, "ticks"],
        [1, true, "ticks"],
      ],
    },
  ],
  ["bad events", { code: "invalid_argument", message: /path\.n/ }],
];

/** Makes what `toMatchObject` takes of an expectation. */
export const matching = (expected: object): object =>
  Object.fromEntries(
    Object.entries(expected).map(([name, one]) => [
      name,
      one instanceof RegExp ? (expect.stringMatching(one) as unknown) : (one as unknown),
    ]),
  );
