import {
  api,
  APIError,
  CSV,
  HTML,
  TextBody,
  type BytesBody,
  type Cookie,
  type Form,
  type Header,
  type HttpStatus,
  type Max,
  type Min,
  type Multipart,
  type Query,
  type UploadedFile,
} from "@twinloop/api";
import { z } from "zod";

export interface Link {
  slug: string;
  createdAt: Date;
  visits: bigint;
  key: Uint8Array;
  last: Date | null;
  tags?: string[];
  either: Date | string;
  tree: Tree;
  byDay: Record<string, { at: Date }>;
  pair: [Date, string];
}

interface Tree {
  at: Date;
  below: Tree[];
}

const AT = new Date("2026-01-02T03:04:05.678Z");

const link = (slug: string): Link => ({
  slug,
  createdAt: AT,
  visits: 12345678901234567890n,
  key: new Uint8Array([1, 2, 255]),
  last: null,
  either: AT,
  tree: { at: AT, below: [{ at: AT, below: [] }] },
  byDay: { monday: { at: AT } },
  pair: [AT, "a"],
});

/** Finds a link. */
export const find = api(
  { expose: true, method: "GET", path: "/links/:slug" },
  async ({ slug }: { slug: string }): Promise<Link> => {
    if (slug === "none") throw APIError.notFound("no such link").withDetails({ slug });
    return link(slug);
  },
);

/** Says what it was given. */
export const list = api(
  { expose: true, method: "GET", path: "/links" },
  async (given: {
    limit?: Query<number & Min<1> & Max<100>>;
    size?: Query<number, "page_size">;
    tag?: string[];
    since?: Date;
    above?: bigint;
  }): Promise<{
    limit?: number;
    size?: number;
    tags?: string[];
    since?: Date;
    above?: bigint;
  }> => {
    const { tag, ...rest } = given;
    return { ...rest, ...(tag && { tags: tag }) };
  },
);

/** Takes fields from every place. */
export const place = api(
  { expose: true, method: "PUT", path: "/places/:id" },
  async (given: {
    id: number;
    dry?: Query<boolean>;
    key: Header<"X-Key">;
    visitor?: Cookie<"visitor">;
    at: Date;
    big: bigint;
    data: Uint8Array;
  }): Promise<{
    given: {
      id: number;
      dry?: boolean;
      key: string;
      visitor?: string;
      at: Date;
      big: bigint;
      data: Uint8Array;
    };
    tag: Header<"X-Tag">;
    status: HttpStatus;
  }> => ({ given, tag: "seen", status: 201 }),
);

export const signIn = api(
  { expose: true, method: "POST", path: "/sign-in" },
  async ({ user, ages }: Form<{ user: string; ages: number[] }>) => ({ user, ages }),
);

export const photo = api(
  { expose: true, method: "POST", path: "/photos/:album" },
  async ({ album, title, file }: Multipart<{ album: string; title: string; file: UploadedFile }>) => ({
    album,
    title,
    name: file.name,
    text: await file.text(),
  }),
);

export const blob = api({ expose: true, method: "POST", path: "/blob" }, async (data: Uint8Array) => data);

export const part = api(
  { expose: true, method: "PUT", path: "/blobs/:id" },
  async ({ id, data }: { id: string; data: BytesBody }) => ({ id, size: data.length }),
);

export const note = api(
  { expose: true, method: "POST", path: "/note" },
  async (given: TextBody) => new TextBody(given.text.toUpperCase()),
);

export const page = api({ expose: true, method: "GET", path: "/page" }, async () => new HTML("<p>hello</p>"));

export const table = api(
  { expose: true, method: "GET", path: "/table" },
  async ({ empty }: { empty?: boolean }): Promise<CSV | { rows: number }> =>
    empty ? { rows: 0 } : new CSV([["a", 1]]),
);

export const nothing = api(
  { expose: true, method: "DELETE", path: "/links/:slug" },
  async ({ slug }: { slug: string }) => void slug,
);

export const typed = api<{ name: string }, { hello: string; at: Date }>(
  { expose: true, method: "POST", path: "/typed/:name" },
  async ({ name }) => ({ hello: name, at: AT }),
);

export const posted = api({ expose: true, path: "/posted" }, async ({ a }: { a: number }) => ({ a }));

export const unnamed = api({ expose: true }, async ({ a }: { a: number }) => ({ a }));

export const checked = api(
  { expose: true, method: "POST", path: "/checked", request: z.object({ age: z.coerce.number() }) },
  async ({ age }) => ({ age }),
);

export const either = api(
  { expose: true, method: ["GET", "POST"], path: "/either" },
  async ({ a }: { a: Query<string> }): Promise<{ a: string }> => ({ a }),
);

export const hidden = api({ method: "GET", path: "/hidden" }, async () => ({ a: 1 }));

export const hook = api.raw({ expose: true, method: "POST", path: "/hook/:id" }, async (request: Request) => {
  return new Response(`${request.method} ${await request.text()}`, { status: 418 });
});

let attempts = 0;
export const shaky = api.raw(
  { expose: true, method: ["GET", "POST"], path: "/shaky" },
  async (request: Request) => {
    void request;
    attempts++;
    return attempts % 3 === 0
      ? Response.json({ attempts })
      : new Response("busy", { status: 503, headers: { "retry-after": "0" } });
  },
);

export const web = api.raw({ expose: true, method: "GET", path: "/web" }, async (request: Request) => {
  void request;
  return new Response("<html><style>a{}</style><h1>Bad Gateway</h1>nginx</html>", {
    status: 502,
    headers: { "content-type": "text/html" },
  });
});

export const spa = api.raw({ expose: true, method: "GET", path: "/spa" }, async (request: Request) => {
  void request;
  return new Response("<!doctype html><title>App</title>", { headers: { "content-type": "text/html" } });
});

export const slow = api({ expose: true, method: "GET", path: "/slow" }, async (_: void, { signal }) => {
  await new Promise((resolve) => {
    setTimeout(resolve, 20_000).unref();
    signal.addEventListener("abort", resolve);
  });
});

export const ticks = api.sse(
  { expose: true, path: "/ticks/:n" },
  async function* ({ n }: { n: number }, context) {
    const from = Number(context.lastEventId ?? 0);
    for (let id = from + 1; id <= Math.min(from + 2, n); id++)
      yield { event: "tick", id, retry: 10, data: { id, at: AT } };
  },
);

export const echo = api.streamInOut<
  { room: string; key: Header<"X-Key"> },
  { say: string; at: Date },
  { heard: string; at: Date }
>({ expose: true, path: "/echo/:room" }, async ({ room, key }, stream) => {
  for await (const { say, at } of stream) {
    if (say === "fail") throw APIError.failedPrecondition("you said fail");
    if (say === "bye") return stream.close(4001, "bye");
    await stream.send({ heard: `${room} ${key} ${say}`, at });
  }
});

export const sum = api.streamIn<number, { sum: number }>({ expose: true, path: "/sum" }, async (stream) => {
  let total = 0;
  for await (const one of stream) {
    if (one < 0) break;
    total += one;
  }
  return { sum: total };
});

export const frames = api.streamInOut<Uint8Array, Uint8Array>(
  { expose: true, path: "/frames", format: "raw" },
  async (stream) => {
    for await (const frame of stream) await stream.send(frame);
  },
);
