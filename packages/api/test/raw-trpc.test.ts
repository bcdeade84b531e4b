import { createTRPCClient, httpBatchStreamLink, httpLink, TRPCClientError } from "@trpc/client";
import { initTRPC, tracked, TRPCError } from "@trpc/server";
import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import { createHTTPHandler } from "@trpc/server/adapters/standalone";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { api, start, stop } from "../dist/index.js";

// One tRPC router behind both of its adapters, asked by tRPC's own client.

interface Caller {
  readonly authorization: string | null | undefined;
}

const t = initTRPC.context<Caller>().create({ sse: { ping: { enabled: true, intervalMs: 20 } } });
const left: string[] = [];
const links: string[] = [];

const signedIn = t.procedure.use(({ ctx, next }) => {
  if (ctx.authorization !== "Bearer ada")
    throw new TRPCError({ code: "UNAUTHORIZED", message: "who are you" });
  return next({ ctx: { user: "ada" } });
});

const router = t.router({
  hello: t.procedure.input(z.string()).query(({ input }) => `hello ${input}`),
  links: t.router({
    add: t.procedure.input(z.object({ url: z.url() })).mutation(({ input }) => links.push(input.url)),
  }),
  me: signedIn.query(({ ctx }) => ctx.user),
  broken: t.procedure.query(() => {
    throw new Error("broken on purpose");
  }),
  slow: t.procedure.input(z.number()).query(async ({ input }) => {
    await new Promise((resolve) => setTimeout(resolve, input));
    return input;
  }),
  pages: t.procedure.query(async function* () {
    for (const page of [1, 2, 3]) yield page;
  }),
  upload: t.procedure.input(z.instanceof(FormData)).mutation(async ({ input }) => {
    const file = input.get("file") as File;
    return { name: file.name, size: file.size };
  }),
  ticks: t.procedure
    .input(z.object({ lastEventId: z.string().optional() }).optional())
    .subscription(async function* ({ input }) {
      const from = Number(input?.lastEventId ?? 0);
      for (let n = from + 1; n <= from + 3; n++) yield tracked(String(n), { n });
    }),
  hang: t.procedure.input(z.string()).subscription(async function* ({ input, signal }) {
    yield "begun";
    await new Promise((resolve) => signal!.addEventListener("abort", resolve, { once: true }));
    left.push(input);
  }),
});

let url = "";

beforeAll(async () => {
  api.raw({ expose: true, method: "*", path: "/fetch/!rest" }, (req: Request) =>
    fetchRequestHandler({
      endpoint: "/fetch",
      req,
      router,
      createContext: ({ req }) => ({ authorization: req.headers.get("authorization") }),
    }),
  );
  const handler = createHTTPHandler({
    basePath: "/node/",
    router,
    createContext: ({ req }) => ({ authorization: req.headers.authorization }),
  });
  api.raw({ expose: true, method: "*", path: "/node/!rest" }, handler);
  url = (await start({ port: 0, signals: false, banner: false })).url!;
});

afterAll(() => stop());

describe.each(["/fetch", "/node"])("a tRPC router under %s", (prefix) => {
  const headers = { authorization: "Bearer ada" };
  const make = (link: typeof httpLink | typeof httpBatchStreamLink, as: Record<string, string> = headers) =>
    createTRPCClient<typeof router>({ links: [link({ url: url + prefix, headers: as })] });

  test("answers queries and mutations", async () => {
    const client = make(httpLink);
    expect(await client.hello.query("é/?&")).toBe("hello é/?&");
    expect(await client.links.add.mutate({ url: "https://a.test/" })).toBe(links.length);
    expect(await client.me.query()).toBe("ada");
  });

  test("tells the client what is wrong, by status and code", async () => {
    const client = make(httpLink, {});
    const refused = await client.links.add.mutate({ url: "nothing" }).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(TRPCClientError);
    expect(refused).toMatchObject({ data: { code: "BAD_REQUEST", httpStatus: 400 } });
    await expect(client.me.query()).rejects.toMatchObject({
      data: { code: "UNAUTHORIZED", httpStatus: 401 },
    });
    await expect(client.broken.query()).rejects.toThrow("broken on purpose");
    const unknown = await fetch(`${url}${prefix}/nowhere`);
    expect(unknown.status).toBe(404);
    const json = { "content-type": "application/json" };
    expect((await fetch(`${url}${prefix}/hello`, { method: "PUT", headers: json })).status).toBe(405);
    const head = await fetch(`${url}${prefix}/hello`, { method: "HEAD" });
    expect([head.status, await head.text()]).toEqual([204, ""]);
  });

  test("answers a batch as each part of it is there", async () => {
    const client = make(httpBatchStreamLink);
    const order: number[] = [];
    const one = (ms: number): Promise<void> => client.slow.query(ms).then((n) => void order.push(n));
    await Promise.all([
      one(200),
      one(1),
      client.hello.query("ada"),
      expect(client.broken.query()).rejects.toThrow(),
    ]);
    expect(order).toEqual([1, 200]);
    const pages: number[] = [];
    for await (const page of await client.pages.query()) pages.push(page);
    expect(pages).toEqual([1, 2, 3]);
  });

  test("takes a file", async () => {
    const form = new FormData();
    form.set("file", new Blob([Buffer.alloc(150_000, 7)]), "a.bin");
    expect(await make(httpLink).upload.mutate(form)).toEqual({ name: "a.bin", size: 150_000 });
  });

  test("streams a subscription, and goes on behind the last event", async () => {
    const input = encodeURIComponent(JSON.stringify({ lastEventId: "5" }));
    const response = await fetch(`${url}${prefix}/ticks?input=${input}`, {
      headers: { accept: "text/event-stream" },
    });
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    const text = await response.text();
    expect([...text.matchAll(/^data: (\{"n".*)$/gm)].map(([, data]) => data)).toEqual(
      [6, 7, 8].map((n) => `{"n":${n}}`),
    );
    expect(text).toMatch(/^id: 8$/m);
  });

  test("ends a subscription whose client has left", async () => {
    const controller = new AbortController();
    const response = await fetch(`${url}${prefix}/hang?input=${encodeURIComponent(`"${prefix}"`)}`, {
      signal: controller.signal,
    });
    let seen = "";
    for await (const piece of response.body!.pipeThrough(new TextDecoderStream())) {
      seen += piece;
      if (seen.includes("begun")) break;
    }
    controller.abort();
    await expect.poll(() => left, { timeout: 10_000 }).toContain(prefix);
  });
});
