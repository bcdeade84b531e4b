import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import type {
  AppAnswer,
  AskTools,
  AdminErrorAnswer,
  LiveEvent,
  LogLine,
  MetricsAnswer,
  TraceAnswer,
  TraceSummary,
} from "../../src/contract.ts";

const UI = fileURLToPath(new URL("../../dist/ui", import.meta.url));
const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};

/** The policy of the admin server, as `crates/telemetry/src/admin/answer.rs` has it. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
  "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** A refusal of a question, thrown by a scripted answer. */
export class Refusal extends Error {
  readonly answer: AdminErrorAnswer;
  constructor(code: string, message: string, hint?: string) {
    super(message);
    this.answer = hint === undefined ? { code, message } : { code, message, hint };
  }
}

/** The answers of the questions: each tool's from its input. One that is left out is refused as `unimplemented`. */
export type Answers = {
  [Tool in keyof AskTools]?: (input: AskTools[Tool]["input"]) => AskTools[Tool]["value"];
};

/** What a scripted admin server tells; tests change it while the page is open. */
export interface Script {
  app: AppAnswer;
  token: string | null;
  /** Why no stream of events is given; `null` gives one. */
  noStream: AdminErrorAnswer | null;
  traces: TraceSummary[];
  spans: Record<string, TraceAnswer>;
  lines: LogLine[];
  metrics: () => MetricsAnswer;
  answers: Answers;
}

/**
 * The admin server's HTTP surface with answers from a script, for tests of the pages: the files of `dist/ui` under the real
 * policy, `/api/*` by the contract. Nothing here measures, keeps or bounds anything.
 */
export class ScriptedAdmin {
  readonly script: Script;
  /** The questions that were asked, in their order. */
  readonly asked: { readonly tool: string; readonly input: unknown }[] = [];
  /** The paths that were asked for, in their order. */
  readonly paths: string[] = [];
  #server: Server | undefined;
  #port = 0;
  readonly #streams = new Set<ServerResponse>();

  constructor(script: Script) {
    this.script = script;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Listens, on the port of the last time. */
  async start(): Promise<void> {
    const server = createServer((request, response) => {
      this.#answer(request, response).catch((error: unknown) => response.destroy(error as Error));
    });
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(this.#port, "127.0.0.1", resolve);
    });
    this.#server = server;
    this.#port = (server.address() as AddressInfo).port;
  }

  /** Ends all connections and listens no more, as an app that is restarted. */
  async stop(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    this.#streams.clear();
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }

  /** Sends an event to all streams; what it tells is kept for the lists too. */
  emit(event: LiveEvent): void {
    if (event.event === "trace") this.script.traces.unshift(event.data);
    if (event.event === "log") this.script.lines.unshift(event.data);
    for (const stream of this.#streams) stream.write(frame(event));
  }

  get streams(): number {
    return this.#streams.size;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", this.url);
    this.paths.push(url.pathname + url.search);
    response.setHeader("cache-control", "no-store");
    response.setHeader("x-content-type-options", "nosniff");
    response.setHeader("content-security-policy", POLICY);
    if (!url.pathname.startsWith("/api/")) return sendFile(url.pathname, response);
    const { token } = this.script;
    if (token !== null && request.headers.authorization !== `Bearer ${token}`) {
      return send(response, 401, { code: "unauthenticated", message: "The token is missing or wrong." });
    }
    return this.#api(url, request, response);
  }

  async #api(url: URL, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { script } = this;
    const path = url.pathname.slice("/api/".length);
    if (path === "app") return send(response, 200, script.app);
    if (path === "traces") return send(response, 200, { traces: script.traces, next: null });
    if (path === "logs") return send(response, 200, { lines: linesFor(script.lines, url), next: null });
    if (path === "metrics") return send(response, 200, script.metrics());
    if (path === "live" && script.noStream !== null) return send(response, 501, script.noStream);
    if (path === "live") return this.#live(response);
    if (path === "ask" && request.method === "POST") return this.#ask(request, response);
    const trace = script.spans[path.replace("traces/", "")];
    if (trace !== undefined) return send(response, 200, trace);
    return send(response, 404, { code: "not_found", message: `Nothing is kept of ${path}.` });
  }

  #live(response: ServerResponse): void {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(frame({ event: "app", data: this.script.app }));
    this.#streams.add(response);
    response.on("close", () => this.#streams.delete(response));
  }

  async #ask(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.headers["content-type"] !== "application/json") {
      return send(response, 415, { code: "invalid_argument", message: "Questions are JSON." });
    }
    let text = "";
    for await (const chunk of request) text += String(chunk);
    const { tool, input } = JSON.parse(text) as { tool: keyof AskTools; input: unknown };
    this.asked.push({ tool, input });
    const answer = this.script.answers[tool] as ((input: unknown) => unknown) | undefined;
    if (answer === undefined) {
      return send(response, 501, {
        code: "unimplemented",
        message: `The app does not use what ${tool} asks about.`,
      });
    }
    try {
      return send(response, 200, { value: answer(input) });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return send(response, 412, error.answer);
    }
  }
}

function linesFor(lines: readonly LogLine[], url: URL): LogLine[] {
  const traceId = url.searchParams.get("traceId");
  return lines.filter((line) => traceId === null || line.fields["trace_id"] === traceId);
}

function frame({ event, data }: LiveEvent): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

async function sendFile(path: string, response: ServerResponse): Promise<void> {
  const name = path === "/" ? "index.html" : normalize(path).replace(/^\/+/, "");
  try {
    const body = await readFile(join(UI, name));
    response.writeHead(200, { "content-type": TYPES[extname(name)] ?? "application/octet-stream" });
    response.end(body);
  } catch {
    send(response, 404, { code: "not_found", message: `There is no file ${name}.` });
  }
}
