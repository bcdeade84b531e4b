/** An app with every form of request, answer, type, error and auth handler that a document tells of. */
export const openApiApp = `
import { z } from "zod";
import {
  api, APIError, apiKeys, authHandler, CSV, file, Gateway, getAuthData, HTML, HttpStatus, jwt, redirect, Service, start, TextBody,
  type BytesBody, type Cookie, type EndsWith, type ExclusiveMax, type ExclusiveMin, type Form, type Header, type Int, type IsEmail, type IsURL,
  type IsUUID, type MatchesRegexp, type Max, type MaxLen, type Min, type MinLen, type Multipart, type MultipleOf, type Query, type Redirect,
  type Sensitive, type SetCookie, type SignedCookie, type StartsWith, type UploadedFile,
} from "@twinloop/api";
import { writeFileSync } from "node:fs";

/** All forms in one place. */
export const service = new Service("forms");

writeFileSync(new URL("../page.txt", import.meta.url), "a page\\n");

const get = { expose: true, method: "GET" } as const;
const post = { expose: true, method: "POST" } as const;

interface Known { userID: string }
/** The session of a browser. */
export const session = authHandler<{ sid: Cookie<"sid"> }, Known>(async ({ sid }) => (sid === "good" ? { userID: "u" } : null));
export const key = authHandler<{ key: Header<"X-Key">; tenant: Query }, Known>(async ({ key }) => (key === "good" ? { userID: "k" } : null));
export const token = jwt({ issuer: "me", audience: "forms", secret: "0123456789abcdef0123456789abcdef" });
export const machine = apiKeys({ header: "X-Machine", keys: [{ userID: "m", sha256: "a".repeat(64) }] });
export const gateway = new Gateway({ authHandlers: { session, key, token, machine } });

/** A colour of the flag. */
type Color = "red" | "green" | "blue";
enum Level { Low = 1, High = 2 }

/** A tree, which holds itself. */
interface Tree {
  name: string & MaxLen<20>;
  children: Tree[];
}
type Json = string | number | boolean | null | Json[] | { [key: string]: Json };
interface Page<T> { items: T[]; total: number & Int & Min<0> }
interface Defaulted<T = string> { value: T }
interface Circle { kind: "circle"; radius: number & Min<0> }
interface Square { kind: "square"; side: number & Min<0> }
/** A shape, told by its kind. */
type Shape = Circle | Square;

interface Everything {
  /**
   * Any text.
   * @example "hello"
   */
  text: string & MinLen<1> & MaxLen<50>;
  email?: string & IsEmail;
  url?: string & IsURL & MaxLen<200>;
  id?: string & IsUUID;
  slug?: string & MatchesRegexp<"^[a-z0-9-]{3,32}$">;
  prefixed?: string & StartsWith<"a/b."> & EndsWith<"!">;
  template?: \`v\${number}\`;
  whole?: number & Int & Min<-5> & Max<5>;
  fraction?: number & ExclusiveMin<0> & ExclusiveMax<1>;
  even?: number & MultipleOf<2>;
  /** @default 3 */
  count?: number;
  yes?: boolean;
  big?: bigint;
  natural?: bigint & Min<0>;
  at?: Date;
  bytes?: Uint8Array;
  color?: Color;
  level?: Level;
  nullable: string | null;
  nullableColor?: Color | null;
  nullableTree?: Tree | null;
  mixed?: string | number | boolean;
  pair?: [string, number];
  rest?: [string, number?, ...boolean[]];
  list?: (string & MaxLen<5>)[] & MaxLen<3>;
  record?: Record<string, number>;
  byColor?: Partial<Record<Color, number>>;
  shape?: Shape;
  tree?: Tree;
  json?: Json;
  unknown?: unknown;
  nothing?: Record<string, never>;
  password?: string & MinLen<1>;
  secret?: Sensitive<string>;
  /**
   * The former name.
   * @deprecated use \`text\`
   */
  old?: string;
}

/**
 * Echoes everything. The rest of the text belongs to the description.
 *
 * @example { "text": "hello", "nullable": null }
 */
export const everything = api({ ...post, path: "/everything" }, async (all: Everything): Promise<Everything> => all);

/** Reads parameters of each kind. */
export const parameters = api(
  { ...get, path: "/parameters/:id/:color" },
  async ({ id, color, tags, limit, since, flag, big, trace, lang, seen, host }: {
    id: number & Int;
    color: Color;
    /** Words to look for. */
    tags?: (string & MinLen<1>)[];
    limit?: number & Int & Min<1> & Max<100>;
    since?: Date;
    flag?: boolean;
    big?: bigint;
    trace?: Header<"X-Trace">;
    lang?: Header<"en" | "de", "X-Lang">;
    seen?: Cookie<number, "seen">;
    host?: Header<"Host">;
  }): Promise<{ id: number; color: Color; tags: string[]; limit: number; since: Date | null; flag: boolean; big: bigint | null; headers: number }> => ({
    id, color, tags: tags ?? [], limit: limit ?? 20, since: since ?? null, flag: flag ?? false, big: big ?? null,
    headers: [trace, lang, seen, host].filter((one: unknown) => one !== undefined).length,
  }),
);

export const page = api({ ...get, path: "/page" }, async (): Promise<Page<Tree>> => ({ items: [{ name: "a", children: [] }], total: 1 }));
export const defaulted = api({ ...get, path: "/defaulted" }, async (): Promise<Defaulted> => ({ value: "a" }));
export const tuples = api({ ...post, path: "/tuples" }, async (list: [string, number][]) => ({ count: list.length }));
export const shapes = api({ ...post, path: "/shapes" }, async (shape: Shape): Promise<Shape> => shape);
export const nothing = api({ ...post, path: "/nothing" }, async ({ a: _ }: { a?: string }): Promise<void> => {});
export const maybe = api({ ...get, path: "/maybe/:id" }, async ({ id }: { id: number & Int }): Promise<{ id: number } | undefined> => (id > 5 ? { id } : undefined));
export const removed = api({ expose: true, method: "DELETE", path: "/removed/:thing" }, async ({ thing: _ }: { thing: string }) => ({ status: HttpStatus.NoContent }));
export const put = api({ expose: true, method: ["PUT", "PATCH"], path: "/things/:id" }, async ({ id, name }: { id: string; name: string & MaxLen<9> }) => ({ id, name }));
export const created = api(
  { ...post, path: "/created" },
  async ({ name }: { name: string & MatchesRegexp<"^[a-z]{1,9}$"> }): Promise<{ status: HttpStatus; etag: Header<"ETag">; id: SetCookie<"id">; name: string }> => ({
    status: HttpStatus.Created, etag: '"1"', id: { value: "1", path: "/" }, name,
  }),
);
export const moved = api({ ...get, path: "/moved" }, async (): Promise<{ status: HttpStatus; location: Header<"Location"> }> => ({ status: HttpStatus.Found, location: "/page" }));
export const sent = api({ ...get, path: "/sent" }, async (): Promise<Redirect> => redirect("/page", 303));
export const html = api({ ...get, path: "/html" }, async () => new HTML("<h1>hi</h1>"));
export const csv = api({ ...get, path: "/csv" }, async () => new CSV([["a"], [1]]));
export const text = api({ ...get, path: "/text" }, async () => new TextBody("hi"));
export const bytes = api({ ...get, path: "/bytes" }, async () => new Uint8Array([1, 2]));
export const download = api({ ...get, path: "/file" }, async () => file(new URL("../page.txt", import.meta.url)));
export const either = api({ ...get, path: "/either" }, async ({ raw }: { raw?: boolean }): Promise<{ a: number } | HTML> => (raw ? new HTML("x") : { a: 1 }));

export const form = api({ ...post, path: "/form" }, async ({ name, age, tags }: Form<{ name: string & MinLen<1>; age: number & Int & Min<0>; tags?: string[] }>) => ({ name, age, tags: tags ?? [] }));
export const upload = api({ ...post, path: "/upload/:id" }, async ({ id, title, photo, more }: Multipart<{ id: string; title: string & MinLen<1>; photo: UploadedFile; more?: UploadedFile[] }>) => ({ id, title, name: photo.name, more: more?.length ?? 0 }));
export const note = api({ ...post, path: "/note" }, async (body: TextBody) => ({ length: body.text.length }));
export const blob = api({ ...post, path: "/blob" }, async ({ kind, data }: { kind: Query; data: BytesBody }): Promise<{ kind: string; size: number }> => ({ kind, size: data.length }));

export const mine = api({ ...get, path: "/mine", auth: true }, async (): Promise<Known> => ({ userID: getAuthData()!.userID }));
export const bySession = api({ ...post, path: "/by-session", auth: "session", tags: ["accounts"] }, async ({ a }: { a: number }) => ({ a }));
export const byEither = api({ ...get, path: "/by-either", auth: ["key", "token"] }, async () => ({ ok: true }));
export const limited = api({ ...get, path: "/limited", rateLimit: { limit: 100_000, window: "1s" } }, async () => ({ ok: true }));
export const problems = api({ ...post, path: "/problems", errors: "problem", invalidInput: 422 }, async ({ a }: { a: number & Int }) => {
  if (a === 7) throw APIError.notFound("no such thing");
  return { a };
});
export const shaped = api({ ...get, path: "/shaped", errors: ({ status }) => ({ status, body: { wrong: true } }) }, async ({ a }: { a?: number }) => ({ a: a ?? 0 }));

/** An order, by zod. */
const Order = z.object({ item: z.string().min(1).max(20).describe("What is ordered."), amount: z.number().int().min(1).max(9), note: z.string().optional() });
export const order = api({ ...post, path: "/orders", request: Order, response: Order }, async (given) => given);

export const sealed = api({ ...get, path: "/sealed" }, async ({ cart }: { cart?: SignedCookie<{ n: number }, "cart"> }) => ({ n: cart?.value.n ?? 0 }));
export const rest = api({ ...get, path: "/rest/*path" }, async ({ path }: { path: string }) => ({ path }));
export const hook = api.raw({ ...post, path: "/hook" }, (_req, res) => void res.end("ok"));
export const any = api.raw({ expose: true, method: "*", path: "/any/:name" }, async () => new Response("ok"));
export const events = api.sse({ expose: true, path: "/events" }, async function* (_: { from?: number & Int }) {
  yield { event: "tick", data: { n: 1 } };
});
export const chat = api.streamInOut<{ room: string }, { text: string }, { text: string; at: Date }>({ expose: true, path: "/chat/:room" }, async (_, stream) => {
  for await (const { text } of stream) await stream.send({ text, at: new Date() });
});
export const collect = api.streamIn<{ n: number }, { total: number }>({ expose: true, path: "/collect" }, async (stream) => {
  let total = 0;
  for await (const { n } of stream) total += n;
  return { total };
});
/** @internal */
export const internal = api({ ...get, path: "/internal" }, async () => ({ ok: true }));
export const hidden = api({ method: "GET", path: "/private" }, async () => ({ ok: true }));
/**
 * Gone soon.
 * @deprecated call \`page\`
 * @operationId formerPage
 * @summary The former page
 */
export const former = api({ ...get, path: "/former" }, async () => ({ ok: true }));

const running = await start({ banner: false, cookieSecrets: ["0123456789abcdef0123456789abcdef"], openapi: { description: "Every form." } });
console.log("listening " + running.url);
`;
