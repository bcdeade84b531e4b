import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { WebSocket } from "ws";
import { connect, createClient, events, form, multipart, type Client } from "@twinloop/client";
import { clientFile, type ManifestOf } from "@twinloop/client/cli";
import { readManifest } from "@twinloop/compiler";
import type * as activity from "../src/activity.ts";
import type * as admin from "../src/admin.ts";
import type * as links from "../src/links.ts";
import type * as live from "../src/live.ts";
import type * as signIns from "../src/sign-in.ts";
import { Demo } from "./demo-process.ts";
import { PROVIDERS, type Place } from "./place.ts";

type App = typeof activity & typeof admin & typeof links & typeof signIns & typeof live;

const HERE = fileURLToPath(new URL(".", import.meta.url));
const PASSWORD = "in-development-let-me-in";

let place: Place;
let demo: Demo;
let client: Client<App>;

beforeAll(async () => {
  place = await PROVIDERS[0]!.makePlace();
  demo = await Demo.start(place);
  // A program that signs in wants the answer with its cookie, and not the page behind it.
  client = createClient<App>(demo.url!, {
    fetch: (url, init) => fetch(url, { ...init, redirect: "manual" }),
  });
}, 60_000);

afterAll(async () => {
  await demo?.stop();
  await place?.remove();
});

/** Signs in, and gives the session's cookie. */
async function session(): Promise<string> {
  const input = form({ user: "ada", password: PASSWORD });
  const { headers } = await client("POST /sign-in", input, { as: "response" });
  return headers.getSetCookie()[0]!.split(";")[0]!;
}

test("a typed client calls every endpoint of the demo", async () => {
  const { slug } = await client("POST /links", { url: "https://example.com/typed", slug: "typed" });
  expect(slug).toBe("typed");
  const link = await client("GET /links/:slug", { slug });
  expect(link.createdAt).toBeInstanceOf(Date);
  expect(link.lastClickAt).toBeNull();
  const { links: newest, total } = await client("GET /links", { limit: 5 });
  expect(newest[0]!.createdAt).toBeInstanceOf(Date);
  expect(total).toBeGreaterThan(0);
  const { minutes } = await client("GET /activity");
  expect(minutes[0]!.minute).toBeInstanceOf(Date);
  const followed = events(client, "GET /live")[Symbol.asyncIterator]();
  const counts = await connect<App["liveCounts"]>(client, "GET /live-counts", undefined, { WebSocket });
  const next = followed.next();
  const redirect = await client("GET /s/:code", { code: link.code }, { as: "response" });
  expect(redirect.headers.get("location")).toBe("https://example.com/typed");
  expect(await counts.recv()).toMatchObject({ slug, clicks: 1 });
  await next;
  await followed.return(undefined);
  await counts.close();
  await expect(client("GET /admin/me")).rejects.toMatchObject({ code: "unauthenticated" });
  const signedIn = client.with({ headers: { cookie: await session() } });
  expect(await signedIn("GET /admin/me")).toEqual({ userID: "ada" });
  expect(await signedIn("GET /admin/links.csv", undefined, { as: "text" })).toContain(
    "typed,https://example.com/typed",
  );
  const file = new File(["imported,https://example.com/b\nx,y\n"], "links.csv");
  expect(await signedIn("POST /admin/links", multipart({ file }))).toMatchObject({
    added: 1,
    refused: [{ line: 2 }],
  });
  for (const one of [slug, "imported"])
    expect(await client("DELETE /links/:slug", { slug: one })).toBeUndefined();
  const gone = client("GET /links/:slug", { slug });
  await expect(gone).rejects.toMatchObject({ code: "not_found", details: { slug }, httpStatus: 404 });
  expect((await signedIn("POST /sign-out", undefined, { as: "response" })).status).toBe(303);
});

test("a generated client calls the demo", async () => {
  const { types, endpoints } = readManifest(join(HERE, "..")) as ManifestOf;
  // All of the demo's are exposed, also where the manifest does not tell.
  const exposed = endpoints.map((endpoint) => ({
    ...endpoint,
    options: endpoint.options ?? { expose: true },
  }));
  const folder = mkdtempSync(join(HERE, "client-"));
  const file = join(folder, "client.ts");
  writeFileSync(file, clientFile({ types, endpoints: exposed }, { lang: "ts", app: "demo" }));
  // oxlint-disable-next-line no-explicit-any -- a module that the test writes
  const of = (await import(pathToFileURL(file).href)) as Record<string, (...given: any[]) => any>;
  rmSync(folder, { recursive: true });
  const own = of["createClient"]!(demo.url);
  const { slug } = await of["shorten"]!(own, { url: "https://example.com/g", slug: "generated" });
  expect((await of["stats"]!(own, { slug })).createdAt).toBeInstanceOf(Date);
  expect((await of["list"]!(own)).total).toBeGreaterThan(0);
  expect((await of["activity"]!(own)).minutes[0].minute).toBeInstanceOf(Date);
  const headers = { cookie: await session() };
  expect(await of["whoAmI"]!(own, { headers })).toEqual({ userID: "ada" });
  expect(await of["download"]!(own, { headers })).toContain("generated,");
  const upload = { file: new File(["more,https://example.com/m\n"], "links.csv") };
  expect(await of["upload"]!(own, upload, { headers })).toMatchObject({ added: 1 });
  for (const one of [slug, "more"]) expect(await of["remove"]!(own, { slug: one })).toEqual({ status: 204 });
  await expect(of["stats"]!(own, { slug })).rejects.toMatchObject({ code: "not_found" });
});
