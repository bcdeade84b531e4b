import { once } from "node:events";
import { connect } from "node:net";
import type { RawProgram } from "./raw-programs.ts";

/** An answer as a client sees it, without what servers may choose: dates, connection headers, framing, request ids. */
export interface SeenAnswer {
  readonly interim: readonly string[];
  readonly status: string;
  readonly headers: readonly string[];
  readonly body: string;
  readonly trailers: readonly string[];
}

const IGNORED =
  /^(date|connection|keep-alive|transfer-encoding|content-length|x-request-id|x-content-type-options):/i;

/** The bytes of a program's request. */
export function bytesOf({
  name,
  method = "GET",
  target = "/x",
  headers = [],
  body,
  chunks,
  trailers = [],
}: RawProgram): Buffer {
  const framing = chunks
    ? ["Transfer-Encoding: chunked", ...(trailers.length > 0 ? ["Trailer: x-sum"] : [])]
    : body === undefined
      ? []
      : [`Content-Length: ${Buffer.byteLength(body)}`];
  const lines = [
    `${method} ${target} HTTP/1.1`,
    "Host: a.test",
    "Connection: close",
    `X-Case: ${Buffer.from(name).toString("hex")}`,
    ...headers,
    ...framing,
  ];
  const head = Buffer.from(lines.join("\r\n") + "\r\n\r\n", "latin1");
  if (!chunks) return Buffer.concat([head, Buffer.from(body ?? "")]);
  const parts = chunks.map((chunk) => `${Buffer.byteLength(chunk).toString(16)}\r\n${chunk}\r\n`);
  const end = `0\r\n${trailers.map((line) => line + "\r\n").join("")}\r\n`;
  return Buffer.concat([head, Buffer.from(parts.join("") + end)]);
}

/** Sends bytes and reads until the server closes. */
export async function exchange(port: number, bytes: Buffer): Promise<Buffer> {
  const socket = connect(port, "127.0.0.1");
  const pieces: Buffer[] = [];
  socket.on("data", (piece: Buffer) => pieces.push(piece));
  socket.on("error", () => undefined);
  socket.write(bytes);
  await once(socket, "close");
  return Buffer.concat(pieces);
}

/** Reads an answer and what came before it. */
export function readAnswer(bytes: Buffer, method = "GET"): SeenAnswer {
  const text = bytes.toString("latin1");
  const interim: string[] = [];
  let rest = text;
  let head = "";
  for (;;) {
    const end = rest.indexOf("\r\n\r\n");
    if (end < 0) return { interim, status: "none", headers: [], body: rest, trailers: [] };
    head = rest.slice(0, end);
    rest = rest.slice(end + 4);
    if (!head.startsWith("HTTP/1.1 1")) break;
    interim.push(head.toLowerCase());
  }
  const [status = "", ...lines] = head.split("\r\n");
  const headers = lines
    .filter((line) => !IGNORED.test(line))
    .map(lowerName)
    .sort();
  const isChunked = lines.some((line) => /^transfer-encoding: *chunked/i.test(line)) && method !== "HEAD";
  const { body, trailers } = isChunked ? dechunk(rest) : { body: rest, trailers: [] };
  return { interim, status, headers, body, trailers };
}

function lowerName(line: string): string {
  const colon = line.indexOf(":");
  return line.slice(0, colon).toLowerCase() + line.slice(colon);
}

function dechunk(text: string): { body: string; trailers: string[] } {
  let body = "";
  let at = 0;
  for (;;) {
    const end = text.indexOf("\r\n", at);
    const size = Number.parseInt(text.slice(at, end), 16);
    if (end < 0 || Number.isNaN(size)) return { body: body + "<broken off>", trailers: [] };
    if (size === 0) {
      const lines = text.slice(end + 2).split("\r\n");
      return { body, trailers: lines.filter((line) => line !== "").map(lowerName) };
    }
    body += text.slice(end + 2, end + 2 + size);
    at = end + 2 + size + 2;
  }
}
