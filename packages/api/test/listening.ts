import { connect as connectHttp2, type ClientHttp2Session } from "node:http2";
import { request, type IncomingMessage, type RequestOptions } from "node:http";
import { request as requestTls, type RequestOptions as TlsRequestOptions } from "node:https";
import { fileURLToPath } from "node:url";
import { text } from "node:stream/consumers";
import { afterAll } from "vitest";
import { buildApp, type BuiltApp } from "./built-app.ts";

/** The path of a file of `fixtures/tls`, whose certificates are valid for a hundred years. */
export function tlsFile(name: string): string {
  return fileURLToPath(new URL(`fixtures/tls/${name}`, import.meta.url));
}

const undos: (() => void)[] = [];

afterAll(() => {
  for (const undo of undos.splice(0).toReversed()) undo();
});

/** Builds an app that tells its caller who it is, started with these options. */
export function buildWhoApp(options: string): Promise<BuiltApp> {
  return buildApp(
    `
import { api, currentRequest, start, type Context } from "@twinloop/api";
interface Who { remoteAddress: string; protocol: string; host: string; peer: string }
const tell = (ctx: Context): Who => ({
  remoteAddress: ctx.remoteAddress.replace(/:\\d+$/, ":port"),
  protocol: ctx.protocol,
  host: ctx.host,
  peer: JSON.stringify(ctx.peer ?? null),
});
export const who = api({ expose: true, method: "GET", path: "/who" }, async (_: void, ctx: Context): Promise<Who> => tell(ctx));
export const echo = api({ expose: true, method: "POST", path: "/echo" }, async ({ text }: { text: string }): Promise<{ text: string }> => ({ text }));
export const late = api({ expose: true, method: "GET", path: "/late" }, async (_: void, ctx: Context): Promise<{ aborted: boolean }> => {
  await new Promise((resolve) => { setTimeout(resolve, 500); ctx.signal.addEventListener("abort", resolve); });
  if (ctx.signal.aborted) console.log("given up");
  return { aborted: ctx.signal.aborted };
});
const app = await start(${options});
const unix = app.running.find(({ what }) => what === "unix");
console.log("listening " + (app.url ?? "unix:" + unix?.where));
`,
    (undo) => undos.push(undo),
  );
}

/** What the app answers: its status and its body, parsed. */
export interface Answer {
  readonly status: number | undefined;
  readonly body: unknown;
}

/** Asks by HTTP/1, over TLS where the URL says so. */
export function ask(url: string, options: RequestOptions & TlsRequestOptions = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const send = url.startsWith("https:") ? requestTls : request;
    const read = (response: IncomingMessage): void => {
      text(response).then(
        (body) => resolve({ status: response.statusCode, body: body === "" ? "" : JSON.parse(body) }),
        reject,
      );
    };
    const asked = send(url, { agent: false, ...options }, read);
    asked.on("error", reject);
    asked.end();
  });
}

/** Asks by HTTP/2 on a session. */
export function askHttp2(session: ClientHttp2Session, path: string, body?: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const head = body === undefined ? {} : { ":method": "POST", "content-type": "application/json" };
    const stream = session.request({ ":path": path, ...head });
    let status: number | undefined;
    stream.on("response", (headers) => (status = headers[":status"]));
    stream.on("error", reject);
    text(stream).then((read) => resolve({ status, body: read === "" ? "" : JSON.parse(read) }), reject);
    stream.end(body);
  });
}

/** Opens a session of HTTP/2, closed by the caller. */
export function openHttp2(url: string, options: object = {}): ClientHttp2Session {
  const session = connectHttp2(url, options);
  session.on("error", () => undefined);
  return session;
}
