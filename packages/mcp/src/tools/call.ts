/**
 * The tool `call_endpoint`: a real HTTP request to the app, which must run in another process.
 *
 * Order: find the endpoint in the manifest, find where the app listens, put each field of the input into path, query,
 * header, cookie or body, send, read the answer. The edge of the app validates the request: this tool checks no
 * types, so that an agent sees the refusal that a client would see.
 */
import { randomBytes } from "node:crypto";
import { readDevFile } from "@twinloop/cli/internal";
import type { EndpointModel } from "@twinloop/compiler";
import { z } from "zod";
import { findEndpoint } from "../schema/endpoint-description.ts";
import type { ServedApp } from "../served-app.ts";
import { defineTool, type Tool } from "../tool.ts";
import { ToolProblem } from "../tool-problem.ts";

/** The most characters of an answer's body that are given; a longer body is cut and ends with its length. */
const MAX_BODY = 50_000;
/** The time in milliseconds after which a call is given up, with its answer's body. */
const WITHIN_MS = 30_000;

/**
 * The one tool that is not read-only, and is announced as such, so that clients ask their users before it runs.
 * Errors: `failed_precondition` for a WebSocket stream or a body that is not JSON, `unavailable` where nothing
 * listens.
 */
const call = defineTool({
  name: "call_endpoint",
  title: "Call an endpoint",
  description:
    "Calls an endpoint of the running app over HTTP and gives status, headers and body. Fields of `input` go where the endpoint takes them " +
    "from (path, query, header, cookie or JSON body). What the endpoint does, it really does. The app must run: `twinloop dev`.",
  input: z.strictObject({
    endpoint: z.string().min(1).describe('its name as list_endpoints gives it, or "GET /path"'),
    input: z.record(z.string(), z.unknown()).optional().describe("the request, field by field"),
    headers: z.record(z.string(), z.string()).optional().describe("further headers, such as authorization"),
    method: z.string().optional().describe("for an endpoint of several methods; default its first"),
  }),
  readOnly: false,
  run: async (app, { endpoint: name, input = {}, headers = {}, method }) => {
    const endpoint = findEndpoint(await app.manifest(), name);
    if (endpoint.kind.startsWith("stream")) {
      throw new ToolProblem(
        "failed_precondition",
        `${name} is a WebSocket stream.`,
        "Use a WebSocket client; describe_endpoint gives the messages.",
      );
    }
    const base = await baseOf(app);
    const request = requestOf(endpoint, input, { base, method: method ?? methodIn(name, endpoint) });
    // An id of its own, by which get_trace finds what the call has done.
    const traceId = randomBytes(16).toString("hex");
    const traceparent = `00-${traceId}-${randomBytes(8).toString("hex")}-01`;
    Object.assign(request.headers, { traceparent }, headers);
    const answer = await send(request, base);
    return request.headers["traceparent"] === traceparent ? { ...answer, traceId } : answer;
  },
});

/** The method of `METHOD /path`, where the endpoint was named so. */
export function methodIn(name: string, { path }: Pick<EndpointModel, "path">): string | undefined {
  const [method = "", at] = name.split(/\s+/, 2);
  return at === path && !method.includes(",") ? method : undefined;
}

/** A request as it is sent. */
export interface HttpCall {
  /** The absolute URL, with path parameters and query filled in. */
  readonly url: URL;
  /** The HTTP method in capitals. */
  readonly method: string;
  /** Headers by name; `cookie` and `content-type` are among them where they are needed. */
  readonly headers: Record<string, string>;
  /** The fields that no other part of the request took, as JSON; absent for GET and HEAD. */
  readonly body?: string;
}

/** Where the app runs: as the command line says, as `twinloop dev` tells, or on this machine at the app's port. */
async function baseOf(app: ServedApp): Promise<string> {
  if (app.url !== undefined) {
    if (URL.canParse(app.url)) return app.url;
    throw new ToolProblem(
      "invalid_argument",
      `--url ${app.url} is no URL.`,
      "Write it as http://localhost:4000.",
    );
  }
  const running = readDevFile(app.root)?.appUrl ?? undefined;
  if (running !== undefined) return running;
  const { PORT, HOST } = await app.appEnvironment();
  const host = HOST === undefined || ["", "0.0.0.0", "::"].includes(HOST) ? "127.0.0.1" : HOST;
  return `http://${host.includes(":") ? `[${host}]` : host}:${PORT || "4000"}`;
}

/** One field of a request, with its place (`in`) and its name there (`wire`). */
type Field = NonNullable<EndpointModel["request"]>["fields"][number];

/**
 * Puts the fields of an input where an endpoint takes them from.
 *
 * Shape: path parameters, then query, header and cookie fields are taken out of the input; what is left is the JSON
 * body, or for GET and HEAD further query parameters. Arrays become repeated query parameters, and one header with
 * commas. `method` chooses among several; the default is the first, and GET for `*`.
 * Errors: `ToolProblem` `invalid_argument` for a missing path parameter, `failed_precondition` for fields that JSON
 * cannot hold, such as those of a form.
 */
export function requestOf(
  { path, methods, request }: Pick<EndpointModel, "path" | "methods" | "request">,
  input: Readonly<Record<string, unknown>>,
  { base, method = methods[0] }: { readonly base: string; readonly method?: string | undefined },
): HttpCall {
  const verb = method === "*" || method === undefined ? "GET" : method.toUpperCase();
  const rest = { ...input };
  const take = (fields: readonly Field[]): [Field, unknown][] =>
    fields.flatMap((field): [Field, unknown][] => {
      const value = rest[field.name];
      delete rest[field.name];
      return value === undefined ? [] : [[field, value]];
    });
  // As a path alone: one that begins with two slashes would name another host.
  const url = new URL("/", base);
  url.pathname = filledPath(path, rest);
  const headers: Record<string, string> = {};
  const cookies: string[] = [];
  for (const [{ in: place, wire }, value] of take(request?.fields.filter((one) => one.in !== "path") ?? [])) {
    if (place === "query") for (const one of [value].flat()) url.searchParams.append(wire, textOf(one));
    else if (place === "header") headers[wire] = [value].flat().map(textOf).join(", ");
    else if (place === "cookie") cookies.push(`${wire}=${encodeURIComponent(textOf(value))}`);
    else throw notJson(wire);
  }
  if (cookies.length > 0) headers["cookie"] = cookies.join("; ");
  const hasBody = request?.body != null || Object.keys(rest).length > 0;
  if (!hasBody) return { url, method: verb, headers };
  if (verb === "GET" || verb === "HEAD") {
    for (const [name, value] of Object.entries(rest)) url.searchParams.append(name, textOf(value));
    return { url, method: verb, headers };
  }
  headers["content-type"] = "application/json";
  return { url, method: verb, headers, body: JSON.stringify(rest) };
}

/** Fills `:name`, `*rest` and `!rest` of a path, and takes those fields out of the input. */
function filledPath(path: string, input: Record<string, unknown>): string {
  return path.replaceAll(/([:*!])(\w+)/g, (_whole, kind: string, name: string) => {
    const value = input[name];
    delete input[name];
    if (value === undefined && kind === ":") {
      throw new ToolProblem("invalid_argument", `The path has :${name}.`, `Give input.${name}.`);
    }
    const text = value === undefined ? "" : textOf(value);
    return kind === ":" ? encodeURIComponent(text) : text.split("/").map(encodeURIComponent).join("/");
  });
}

/** Writes a value as a path, query, header or cookie carries it: texts as they are, everything else as JSON. */
function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function notJson(name: string): ToolProblem {
  return new ToolProblem(
    "failed_precondition",
    `The body of this endpoint is not JSON (${name}).`,
    "Call it with curl: forms, uploads and bytes cannot be written as the input of a tool.",
  );
}

/**
 * Sends a request and reads its answer. Redirects are shown, not followed, because they are part of the endpoint's
 * behaviour. An event stream is closed unread: it may never end.
 */
async function send({ url, ...request }: HttpCall, base: string): Promise<object> {
  let answer: Response;
  try {
    answer = await fetch(url, { ...request, redirect: "manual", signal: AbortSignal.timeout(WITHIN_MS) });
  } catch (error) {
    const { message, cause } = error as Error;
    const why = cause instanceof Error ? cause.message || (cause as NodeJS.ErrnoException).code : message;
    throw new ToolProblem(
      "unavailable",
      `The app does not answer at ${base}: ${why}.`,
      "Start it with `twinloop dev`; where it listens elsewhere, start `twinloop mcp --url <url>`.",
    );
  }
  if (answer.headers.get("content-type")?.startsWith("text/event-stream") === true) {
    await answer.body?.cancel();
    return { status: answer.status, body: "an event stream, which was not read" };
  }
  const text = await answer.text();
  return {
    request: `${request.method} ${url.pathname}${url.search}`,
    status: answer.status,
    headers: Object.fromEntries(answer.headers),
    body: text.length > MAX_BODY ? `${text.slice(0, MAX_BODY)}… (${text.length} characters)` : parsed(text),
  };
}

/** Parses a body as JSON; a body that is none stays a text. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** The tool that calls endpoints. */
export const callTools: readonly Tool[] = [call];
