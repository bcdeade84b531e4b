/**
 * The tools that look at what the running app has done: its recent traces and log lines, as its admin server keeps them.
 */
import { z } from "zod";
import { askAdmin } from "../admin-server.ts";
import { defineTool, type Tool } from "../tool.ts";

/** The most entries that one answer lists: 1 to 200, default 20. */
const LIMIT = z.int().min(1).max(200).default(20);

const TRACE_ID = z.string().regex(/^[0-9a-f]{32}$/, "32 hexadecimal digits in lower case");

/** pino's numbers of the levels. */
const LEVELS = { trace: 10, debug: 20, info: 30, warn: 40, error: 50, fatal: 60 } as const;

/** One trace of the admin server's list, as far as it is read here. */
interface Summary {
  readonly startMs: number;
}

/** One span, as far as it is read here. */
interface Span {
  readonly startMs: number;
  readonly links: readonly unknown[];
  readonly events: readonly { readonly timeMs: number }[];
}

/** One log line, as far as it is read here. */
interface Line {
  readonly timeMs: number;
  readonly level: number;
}

/** The tool `list_traces`: requests, deliveries and cron runs, the newest first. */
const traces = defineTool({
  name: "list_traces",
  title: "List traces",
  description:
    "Lists what the running app has done lately, the newest first: requests, messages and cron runs with their status, duration and the reason of a " +
    "refusal. Begin here when something is slow or fails, then look at one with get_trace. The app must run: `twinloop dev`.",
  input: z.strictObject({
    errors: z.boolean().default(false).describe("only those that failed"),
    minMs: z.number().min(0).optional().describe("only those that took at least as long, in milliseconds"),
    kind: z.enum(["request", "message", "cron", "call", "other"]).optional(),
    text: z.string().min(1).optional().describe("looked for in names, ids and routes"),
    limit: LIMIT,
    before: z.string().min(1).optional().describe("`next` of the page before"),
  }),
  run: async (app, { errors, text, ...rest }) => {
    const query = { ...rest, q: text, ...(errors ? { errors } : {}) };
    const { traces: found, next } = await askAdmin<{ traces: Summary[]; next: string | null }>(
      app,
      "/api/traces",
      query,
    );
    return { traces: found.map(({ startMs, ...trace }) => ({ at: timeOf(startMs), ...trace })), next };
  },
});

/** The tool `get_trace`: the spans of one trace by their start, and the lines that were logged within it. */
const trace = defineTool({
  name: "get_trace",
  title: "Show a trace",
  description:
    "Shows one trace: each span (request, validation, queue, handler, SQL statements, publishes, deliveries) with its parent, its begin in milliseconds after " +
    "the trace's, its duration and attributes, and the log lines of the trace. Its id is in list_traces, in log lines and in the answer of call_endpoint.",
  input: z.strictObject({ traceId: TRACE_ID }),
  run: async (app, { traceId }) => {
    const { spans, dropped } = await askAdmin<{ spans: Span[]; dropped: number }>(
      app,
      `/api/traces/${traceId}`,
    );
    const { lines } = await askAdmin<{ lines: Line[] }>(app, "/api/logs", { traceId, limit: 200 });
    const begin = Math.min(...spans.map(({ startMs }) => startMs));
    return {
      traceId,
      at: timeOf(begin),
      spans: spans.map((span) => shownSpan(span, begin)),
      ...(dropped === 0 ? {} : { dropped }),
      lines: lines.reverse().map(shownLine),
    };
  },
});

/** The tool `list_logs`: recent lines, the newest first. */
const logs = defineTool({
  name: "list_logs",
  title: "List log lines",
  description:
    "Lists the recent log lines of the running app, the newest first, by text, level or trace. The app must run: `twinloop dev`.",
  input: z.strictObject({
    text: z.string().min(1).optional().describe("looked for in messages and fields"),
    level: z
      .enum(["trace", "debug", "info", "warn", "error", "fatal"])
      .optional()
      .describe("the least level"),
    traceId: TRACE_ID.optional(),
    limit: LIMIT,
    before: z.int().min(0).optional().describe("`next` of the page before"),
  }),
  run: async (app, { text, level, ...rest }) => {
    const query = { ...rest, q: text, level: level && LEVELS[level] };
    const { lines, next } = await askAdmin<{ lines: Line[]; next: number | null }>(app, "/api/logs", query);
    return { lines: lines.map(shownLine), next };
  },
});

/** A span with times from the begin of its trace, and without lists that are empty. */
function shownSpan({ startMs, links, events, ...span }: Span, begin: number): object {
  return {
    startMs: rounded(startMs - begin),
    ...span,
    ...(links.length === 0 ? {} : { links }),
    ...(events.length === 0
      ? {}
      : { events: events.map(({ timeMs, ...event }) => ({ startMs: rounded(timeMs - begin), ...event })) }),
  };
}

function shownLine({ timeMs, level, ...line }: Line): object {
  const name = Object.entries(LEVELS).find(([, number]) => number === level)?.[0];
  return { at: timeOf(timeMs), level: name ?? level, ...line };
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString();
}

/** A time in milliseconds with microseconds. */
function rounded(ms: number): number {
  return Math.round(ms * 1_000) / 1_000;
}

/** The tools about what the running app has done. */
export const traceTools: readonly Tool[] = [traces, trace, logs];
