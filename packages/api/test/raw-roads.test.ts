import { readFileSync } from "node:fs";
import { request as requestHttp, type IncomingHttpHeaders } from "node:http";
import { constants, type ClientHttp2Session } from "node:http2";
import { request as requestHttps } from "node:https";
import type { Duplex, Readable, Writable } from "node:stream";
import { buffer, text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { AppProcess } from "./app-process.ts";
import { buildApp, type BuiltApp } from "./built-app.ts";
import { openHttp2, tlsFile } from "./listening.ts";
import { rawApp } from "./raw-app.ts";

// Both styles over every road that a request can come by, in one isolate and in several.

vi.setConfig({ testTimeout: 40_000 });

const ca = readFileSync(tlsFile("authority.pem"));
const tls = { TLS_CERT: tlsFile("server.pem"), TLS_KEY: tlsFile("server-key.pem") };

/** One request on its way: what it sends, and its answer. */
interface Open {
  readonly sent: Writable;
  readonly answer: Promise<{ status: number; headers: IncomingHttpHeaders; body: Readable }>;
  /** Leaves without a word. */
  readonly leave: () => void;
}

interface Road {
  readonly open: (path: string, method?: string, headers?: Record<string, string>) => Open;
  readonly close: () => void;
}

function http1(url: string): Road {
  const open: Road["open"] = (path, method = "GET", headers = {}) => {
    const send = url.startsWith("https:") ? requestHttps : requestHttp;
    const sent = send(url + path, { method, headers, ca, agent: false } as object);
    const answer = new Promise<Awaited<Open["answer"]>>((resolve, reject) => {
      sent.on("response", (body) => resolve({ status: body.statusCode!, headers: body.headers, body }));
      sent.on("error", reject);
    });
    answer.catch(() => undefined);
    return { sent, answer, leave: () => void sent.destroy() };
  };
  return { open, close: () => undefined };
}

function http2(url: string): Road {
  const sessions = new Set<ClientHttp2Session>();
  const open: Road["open"] = (path, method = "GET", headers = {}) => {
    const session = openHttp2(url, { ca });
    sessions.add(session);
    const head = { ":path": path, ":method": method, ...headers };
    const stream = session.request(head, { endStream: method === "GET" });
    const answer = new Promise<Awaited<Open["answer"]>>((resolve, reject) => {
      stream.on("response", (found) =>
        resolve({ status: found[":status"]!, headers: found as IncomingHttpHeaders, body: stream as Duplex }),
      );
      stream.on("error", reject);
    });
    answer.catch(() => undefined);
    // A client of Node's ends what it sends before it resets a stream: the connection goes where a body is to break off.
    const leave = (): void =>
      stream.writableEnded ? stream.close(constants.NGHTTP2_CANCEL) : session.destroy();
    return { sent: stream, answer, leave };
  };
  return { open, close: () => sessions.forEach((session) => session.destroy()) };
}

const undo: (() => void)[] = [];
afterAll(() => undo.toReversed().forEach((step) => step()));
let built: Promise<BuiltApp> | undefined;
const buildAll = (): Promise<BuiltApp> => (built ??= buildApp(rawApp, (step) => void undo.push(step)));

/** Waits until a number no longer changes, and returns it. */
async function settled(read: () => number): Promise<number> {
  let last = -1;
  await vi.waitFor(
    () => {
      const now = read();
      const isSettled = now > 0 && now === last;
      last = now;
      expect(isSettled).toBe(true);
    },
    { timeout: 30_000, interval: 400 },
  );
  return last;
}

describe.each([
  ["HTTP/1.1", http1, {}],
  ["HTTP/2 without TLS", http2, {}],
  ["HTTP/1.1 over TLS, in workers", http1, { ...tls, WORKERS: "2" }],
  ["HTTP/2 over TLS, in workers", http2, { ...tls, WORKERS: "2" }],
] as const)("over %s", (_, travel, env) => {
  let app: AppProcess;
  let road: Road;
  const count = (line: string): number => app.output().split(line).length - 1;
  const logged = (line: string, before: number): Promise<void> =>
    expect.poll(() => count(line), { timeout: 15_000 }).toBeGreaterThan(before);

  beforeAll(async () => {
    app = await (await buildAll()).run(env);
    if (app.url === "") throw new Error(app.output());
    road = travel(app.url.replace("127.0.0.1", "localhost"));
  }, 90_000);
  afterAll(() => road.close());

  async function ask(path: string, method = "GET", headers: Record<string, string> = {}, sent?: Buffer) {
    const open = road.open(path, method, headers);
    open.sent.end(sent);
    const { body, ...head } = await open.answer;
    return { ...head, text: await text(body) };
  }

  describe.each(["node", "fetch"])("in the style of %s", (style) => {
    test("callers are known before the handler runs, and middleware has marked the request", async () => {
      expect(await ask(`/${style}/who`)).toMatchObject({ status: 401 });
      expect(
        await ask(`/${style}/who`, "POST", { authorization: "Bearer eve" }, Buffer.from("x")),
      ).toMatchObject({
        status: 401,
      });
      const known = await ask(`/${style}/who?a=1`, "PUT", { authorization: "Bearer ada" }, Buffer.from("x"));
      const { host, protocol } = new URL(app.url);
      expect([known.status, JSON.parse(known.text)]).toEqual([
        200,
        {
          ...{ style, type: "api-call", user: "ada", mark: "PUT" },
          url: `${protocol}//${host.replace("127.0.0.1", "localhost")}/${style}/who?a=1`,
        },
      ]);
      expect(known.headers["x-mark"]).toBe(style === "node" ? "raw, own" : "raw");
      if (style === "fetch") expect(known.headers["set-cookie"]).toEqual(["a=1", "b=2"]);
    });

    test("a middleware refuses, answers by the response, and is told where it cannot answer", async () => {
      expect(await ask(`/${style}/forbidden`)).toMatchObject({
        status: 403,
        text: expect.stringContaining("not here"),
      });
      expect(await ask(`/${style}/answered`)).toMatchObject({ status: 203, text: "by a middleware" });
      const before = count("write to `request.rawResponse`");
      expect(await ask(`/${style}/still`)).toMatchObject({ status: 500 });
      await logged("write to `request.rawResponse`", before);
    });

    test("bodies pass in both directions at once", async () => {
      const open = road.open(`/${style}/echo`, "POST");
      open.sent.write("first");
      const { body } = await open.answer;
      await vi.waitFor(() => expect(String(body.read())).toBe("first"), { timeout: 10_000, interval: 20 });
      const rest = Buffer.alloc(1 << 20, "0123456789");
      open.sent.end(rest);
      expect((await buffer(body)).equals(rest)).toBe(true);
    });

    test("an answer that its client does not read waits, and ends when the client leaves", async () => {
      const before = count(`${style} flood closed`);
      const open = road.open(`/${style}/flood`);
      open.sent.end();
      const { body } = await open.answer;
      body.pause();
      const gave = count(`${style} gave a MiB`);
      expect(await settled(() => count(`${style} gave a MiB`) - gave + 1)).toBeLessThan(32);
      open.leave();
      await logged(`${style} flood closed`, before);
      expect(app.output()).not.toContain("Warning");
    });

    test("a body that its handler does not read waits, and goes on when it does", async () => {
      const first = count(`${style} has the first piece`);
      const open = road.open(`/${style}/slow`, "POST");
      const piece = Buffer.alloc(64 << 10, 7);
      const last = new AbortController();
      let [written, taken] = [0, 0];
      const write = (): void => {
        for (let isReady = true; isReady && !last.signal.aborted; written++) {
          isReady = open.sent.write(piece, () => void taken++);
        }
        if (last.signal.aborted) open.sent.end();
      };
      open.sent.on("drain", write);
      write();
      await logged(`${style} has the first piece`, first);
      expect(await settled(() => taken)).toBeLessThan(512);
      last.abort();
      await ask("/go-on");
      const { body } = await open.answer;
      expect(Number(await text(body))).toBe(written * piece.length);
    });

    test("an upload that breaks off is an error for who reads it, and none in the log", async () => {
      const [reads, closed] = [count(`${style} reads`), count(`${style} upload closed`)];
      const open = road.open(`/${style}/upload`, "POST");
      open.sent.on("error", () => undefined);
      open.sent.write("part");
      await logged(`${style} reads`, reads);
      open.leave();
      await logged(`${style} upload closed`, closed);
      const line = app
        .output()
        .slice(app.output().lastIndexOf(`${style} upload closed`))
        .split("\n")[0];
      expect(line).toBe(style === "node" ? "node upload closed: false,true" : "fetch upload closed: aborted");
      expect(app.output()).not.toMatch(/"level":50.*\/upload/);
    });

    test("a handler learns that its client has left", async () => {
      const [waits, left] = [count(`${style} waits`), count(`${style} left`)];
      const open = road.open(`/${style}/wait`);
      open.sent.end();
      await logged(`${style} waits`, waits);
      open.leave();
      await logged(`${style} left`, left);
      const line = app
        .output()
        .slice(app.output().lastIndexOf(`${style} left`))
        .split("\n")[0];
      expect(line).toBe(
        style === "node" ? "node left true,false,true" : "fetch left the caller disconnected",
      );
      expect(app.output()).not.toContain("failed to finish");
    });
  });
});
