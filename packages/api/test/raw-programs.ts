import type { IncomingMessage, ServerResponse } from "node:http";
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip, gunzipSync } from "node:zlib";

/** One program that runs on `node:http` and on `api.raw`, and the bytes that both are sent. */
export interface RawProgram {
  readonly name: string;
  readonly run: (req: IncomingMessage, res: ServerResponse) => unknown;
  readonly method?: string;
  readonly target?: string;
  readonly headers?: readonly string[];
  readonly body?: string | Buffer;
  /** What the program's name for its answer in words; a body in chunks is sent by `transfer-encoding`. */
  readonly chunks?: readonly string[];
  readonly trailers?: readonly string[];
}

async function text(req: IncomingMessage): Promise<string> {
  let whole = "";
  for await (const piece of req.setEncoding("utf8")) whole += piece as string;
  return whole;
}

const json = (res: ServerResponse, value: unknown): void => void res.end(JSON.stringify(value));

const big = Buffer.alloc(300_000, "0123456789");

/** The programs. Each answer is compared in status, reason, headers, body and trailers. */
export const programs: readonly RawProgram[] = [
  { name: "a text", run: (_, res) => void res.end("hello") },
  { name: "nothing", run: (_, res) => void res.end() },
  { name: "an empty text", run: (_, res) => void res.end("") },
  { name: "lines", run: (_, res) => void res.end("one\ntwo\n") },
  { name: "text beyond ASCII", run: (_, res) => void res.end("é 😀\n") },
  { name: "bytes", run: (_, res) => void res.end(Buffer.from([0, 10, 255])) },
  { name: "a Uint8Array", run: (_, res) => void res.end(new Uint8Array([1, 2, 3])) },
  { name: "text in latin1", run: (_, res) => void res.end("é", "latin1") },
  { name: "text in hex", run: (_, res) => void res.end("00ff0a", "hex") },
  { name: "text in base64", run: (_, res) => void res.end("aGk=", "base64") },
  { name: "two writes and an end", run: (_, res) => void (res.write("a"), res.write("b"), res.end("c")) },
  {
    name: "mixed writes",
    run: (_, res) => void (res.write("a\n"), res.write(Buffer.from([255])), res.end("é")),
  },
  {
    name: "writes over several turns",
    run: async (_, res) => {
      for (const piece of ["a", "b\n", "c"]) {
        res.write(piece);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      res.end();
    },
  },
  {
    name: "writeHead with an object",
    run: (_, res) => void res.writeHead(201, { "X-A": "1", "content-type": "text/plain" }).end("x"),
  },
  {
    name: "writeHead with a flat list",
    run: (_, res) => void res.writeHead(200, ["X-A", "1", "X-A", "2"]).end("x"),
  },
  {
    name: "writeHead with pairs",
    run: (_, res) =>
      void res
        .writeHead(200, [
          ["X-A", "1"],
          ["X-B", "2"],
        ] as never)
        .end("x"),
  },
  {
    name: "writeHead with a reason",
    run: (_, res) => void res.writeHead(404, "Gone Fishing", { "x-a": "1" }).end("x"),
  },
  {
    name: "writeHead over set headers",
    run: (_, res) => {
      res.setHeader("X-A", "1");
      res.setHeader("X-B", "2");
      res.writeHead(200, { "x-a": "3" });
      res.end("x");
    },
  },
  {
    name: "statusCode and statusMessage",
    run: (_, res) => void ((res.statusCode = 418), (res.statusMessage = "Short"), res.end("x")),
  },
  { name: "an unknown status", run: (_, res) => void ((res.statusCode = 299), res.end("x")) },
  {
    name: "setHeader, appendHeader, removeHeader, getHeaders",
    run: (_, res) => {
      res.setHeader("X-One", "1");
      res.setHeader("X-Gone", "1");
      res.removeHeader("x-gone");
      res.appendHeader("x-one", "2");
      res.end(JSON.stringify([res.getHeaders(), res.hasHeader("X-One"), res.getHeaderNames()]));
    },
  },
  {
    name: "setHeaders",
    run: (_, res) => void (res.setHeaders(new Headers({ a: "1", b: "2" })), res.end("x")),
  },
  {
    name: "several cookies",
    run: (_, res) => void (res.setHeader("Set-Cookie", ["a=1; Path=/", "b=2"]), res.end("x")),
  },
  // With bytes, because Node writes a head that goes out with a string in the encoding of the string.
  {
    name: "a header in latin1",
    run: (_, res) => void (res.setHeader("x-name", "café"), res.end(Buffer.from("x"))),
  },
  { name: "a number as a header", run: (_, res) => void (res.setHeader("x-n", 5), res.end("x")) },
  {
    name: "content-length of one's own",
    run: (_, res) => void (res.setHeader("Content-Length", 5), res.end("hello")),
  },
  {
    name: "content-length with writes",
    run: (_, res) => void (res.writeHead(200, { "content-length": "4" }), res.write("ab"), res.end("cd")),
  },
  { name: "204 drops the body", run: (_, res) => void ((res.statusCode = 204), res.end("dropped")) },
  {
    name: "304 with a validator",
    run: (_, res) => void ((res.statusCode = 304), res.setHeader("etag", '"a"'), res.end()),
  },
  {
    name: "HEAD",
    method: "HEAD",
    run: (_, res) => void (res.setHeader("content-length", 5), res.end("hello")),
  },
  {
    name: "HEAD with writes",
    method: "HEAD",
    run: (_, res) => void (res.setHeader("x-a", "1"), res.write("a"), res.end("b")),
  },
  {
    name: "OPTIONS",
    method: "OPTIONS",
    run: (req, res) => void (res.setHeader("allow", "GET"), res.end(req.method)),
  },
  {
    name: "DELETE with a body",
    method: "DELETE",
    body: "gone",
    run: async (req, res) => void res.end(await text(req)),
  },
  { name: "an unusual method", method: "PURGE", run: (req, res) => void res.end(req.method) },
  {
    name: "the target as it came",
    target: "/a%20b//c/?q=%C3%A9&q=2&&x",
    run: (req, res) => void res.end(req.url),
  },
  {
    name: "what a request tells",
    headers: [
      "X-Two: 1",
      "x-two: 2",
      "Cookie: a=1",
      "Cookie: b=2",
      "Accept: x",
      "accept: y",
      "X-Latin: caf\u00e9",
    ],
    run: ({ headers, httpVersion, httpVersionMajor, method, aborted, complete, trailers }, res) =>
      json(res, {
        ...headers,
        host: undefined,
        httpVersion,
        httpVersionMajor,
        method,
        aborted,
        whole: typeof complete,
        trailers,
      }),
  },
  {
    name: "raw headers, names apart from their case",
    headers: ["X-Two: 1", "x-two: 2"],
    run: ({ rawHeaders }, res) =>
      json(
        res,
        rawHeaders.map((one) => one.toLowerCase()).filter((_, at) => at > 1),
      ),
  },
  {
    name: "distinct headers",
    headers: ["X-Two: 1", "x-two: 2"],
    run: ({ headersDistinct }, res) => json(res, headersDistinct["x-two"]),
  },
  {
    name: "the socket",
    run: ({ socket }, res) =>
      json(res, [
        socket.remoteAddress,
        typeof socket.remotePort,
        (socket as never as { encrypted: unknown }).encrypted ?? false,
        socket.destroyed,
      ]),
  },
  {
    name: "a small body",
    method: "POST",
    body: '{"a":1}',
    run: async (req, res) => void res.end(await text(req)),
  },
  {
    name: "a body beyond ASCII",
    method: "POST",
    body: "é😀\n",
    run: async (req, res) => void res.end(await text(req)),
  },
  {
    name: "an empty body",
    method: "POST",
    body: "",
    run: async (req, res) => json(res, [await text(req), req.complete, req.readableEnded]),
  },
  {
    name: "a body in chunks",
    method: "POST",
    chunks: ["ab", "cd\n", "é"],
    run: async (req, res) => void res.end(await text(req)),
  },
  {
    name: "a body with trailers",
    method: "POST",
    chunks: ["ab"],
    trailers: ["X-Sum: 1", "x-sum: 2"],
    run: async (req, res) => json(res, [await text(req), req.trailers]),
  },
  {
    name: "a large body by its hash",
    method: "POST",
    body: big,
    run: async (req, res) =>
      void res.end(
        createHash("sha256")
          .update(await text(req))
          .digest("hex"),
      ),
  },
  { name: "an echo by pipe", method: "POST", body: big, run: (req, res) => void req.pipe(res) },
  { name: "an echo by pipeline", method: "POST", body: big, run: (req, res) => pipeline(req, res) },
  { name: "a large answer", run: (_, res) => void res.end(big) },
  { name: "a stream of an answer", run: (_, res) => void Readable.from([big, "end"]).pipe(res) },
  {
    name: "a compressed answer",
    run: (_, res) =>
      void Readable.from([big]).pipe(createGzip()).pipe(res.setHeader("content-encoding", "gzip")),
  },
  {
    name: "an unread body",
    method: "POST",
    body: "unread",
    run: (_, res) => void res.end("answered"),
  },
  {
    name: "a paused reader",
    method: "POST",
    body: big,
    run: async (req, res) => {
      let length = 0;
      req.on("data", (piece: Buffer) => {
        length += piece.length;
        req.pause();
        setTimeout(() => req.resume(), 1);
      });
      req.on("end", () => res.end(String(length)));
    },
  },
  {
    name: "events of a response",
    run: (_, res) => {
      const seen: string[] = [];
      for (const event of ["prefinish", "finish", "close", "drain"]) res.on(event, () => seen.push(event));
      res.on("close", () =>
        seen.push(`ended ${res.writableEnded} finished ${res.writableFinished} sent ${res.headersSent}`),
      );
      res.end("x", () => seen.push("called"));
      seen.push(`ended ${res.writableEnded} sent ${res.headersSent}`);
      last.seen = seen;
    },
  },
  {
    name: "the events of the program before",
    run: async (_, res) => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      json(
        res,
        last.seen.filter((event) => event !== "prefinish"),
      );
    },
  },
  { name: "a callback of write", run: (_, res) => void res.write("a", () => res.end("called")) },
  {
    name: "a write after the end",
    run: (_, res) => {
      const errors: unknown[] = [];
      res.on("error", (error: NodeJS.ErrnoException) => errors.push(error.code));
      res.end("x");
      res.write("late");
      last.seen = errors as string[];
    },
  },
  {
    name: "headers after they were sent",
    run: (_, res) => {
      res.write("a");
      let code = "";
      try {
        res.setHeader("x", "1");
      } catch (error) {
        code = String((error as NodeJS.ErrnoException).code);
      }
      res.end(code);
    },
  },
  {
    name: "flushHeaders",
    run: (_, res) => void (res.setHeader("x-a", "1"), res.flushHeaders(), setTimeout(() => res.end("x"), 10)),
  },
  {
    name: "a header that cannot be",
    run: (_, res) => {
      const codes = [
        ["x y", "1"],
        ["x", "a\r\nb: c"],
        ["x", undefined],
      ].map(([name, value]) => {
        try {
          res.setHeader(name as string, value as string);
          return "";
        } catch (error) {
          return String((error as NodeJS.ErrnoException).code);
        }
      });
      json(res, codes);
    },
  },
  {
    name: "trailers of an answer",
    headers: ["TE: trailers"],
    run: (_, res) => {
      res.writeHead(200, { trailer: "x-sum", "transfer-encoding": "chunked" });
      res.write("body");
      res.addTrailers({ "x-sum": "1" });
      res.end();
    },
  },
  {
    name: "early hints",
    run: (_, res) => {
      res.writeEarlyHints({ link: "</a.css>; rel=preload; as=style" });
      setTimeout(() => res.end("x"), 20);
    },
  },
  {
    name: "cork and uncork",
    run: (_, res) => void (res.cork(), res.write("a"), res.write("b"), res.uncork(), res.end()),
  },
  {
    name: "gzip from a client",
    method: "POST",
    body: Buffer.from("H4sIAAAAAAAAA8tIzcnJBwCGphA2BQAAAA==", "base64"),
    run: async (req, res) => {
      const pieces: Buffer[] = [];
      for await (const piece of req) pieces.push(piece as Buffer);
      let read = "";
      try {
        read = gunzipSync(Buffer.concat(pieces)).toString();
      } catch (error) {
        read = String((error as NodeJS.ErrnoException).code);
      }
      res.end(read);
    },
  },
];

const last: { seen: string[] } = { seen: [] };
