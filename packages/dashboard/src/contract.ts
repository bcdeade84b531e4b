/**
 * The answers of the admin server's `/api`, as the dashboard reads them. Times are milliseconds since 1970, with
 * fractions; ids are lower-case hexadecimal.
 *
 * @packageDocumentation
 */

/** `GET /api/app`: the running app. */
export interface AppAnswer {
  readonly name: string;
  readonly version: string;
  /** `development`, `production` or `test`. */
  readonly environment: string;
  readonly pid: number;
  readonly startedMs: number;
  readonly node: string;
  readonly twinloop: string;
  /** Where the app serves its API; `null` without endpoints. */
  readonly url: string | null;
  readonly isolates: number;
  /** Whether the dashboard's server half serves `POST /api/ask`. */
  readonly asks: boolean;
}

/** One trace in a list. */
export interface TraceSummary {
  readonly traceId: string;
  /** The name of the first span of the trace in this process, such as `POST /links`. */
  readonly name: string;
  readonly kind: "request" | "message" | "cron" | "call" | "other";
  readonly service: string | null;
  readonly status: "ok" | "error";
  /** The HTTP status of a request. */
  readonly statusCode: number | null;
  readonly startMs: number;
  readonly durationMs: number;
  readonly spans: number;
  /** The reason for which Rust refused a request, such as `validation`. */
  readonly refusal: string | null;
}

/** `GET /api/traces?limit&before&q&errors&minMs&kind`: the newest first; `q` is looked for in names, ids and routes. */
export interface TracesAnswer {
  readonly traces: readonly TraceSummary[];
  /** The `before` of the next page; `null` at the end. */
  readonly next: string | null;
}

/** A value of an attribute; big integers are strings. */
export type AttributeValue = string | number | boolean | readonly string[];

/** One span of a trace. */
export interface SpanAnswer {
  readonly spanId: string;
  readonly parentSpanId: string | null;
  readonly name: string;
  readonly kind: "server" | "client" | "producer" | "consumer" | "internal";
  readonly startMs: number;
  readonly durationMs: number;
  readonly status: "unset" | "ok" | "error";
  readonly message: string | null;
  readonly attributes: Readonly<Record<string, AttributeValue>>;
  readonly events: readonly {
    readonly name: string;
    readonly timeMs: number;
    readonly attributes: Readonly<Record<string, AttributeValue>>;
  }[];
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
}

/** `GET /api/traces/{traceId}`: the spans by their start; 404 where the trace is not kept. */
export interface TraceAnswer {
  readonly traceId: string;
  readonly spans: readonly SpanAnswer[];
  /** Spans beyond the bound of an operation. */
  readonly dropped: number;
}

/** One log line. */
export interface LogLine {
  /** Grows by one a line. */
  readonly number: number;
  readonly timeMs: number;
  /** pino's number: 10 trace, 20 debug, 30 info, 40 warn, 50 error, 60 fatal. */
  readonly level: number;
  readonly message: string;
  /** All further fields, `trace_id` and `span_id` among them. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/** `GET /api/logs?limit&before&q&level&traceId`: the newest first. */
export interface LogsAnswer {
  readonly lines: readonly LogLine[];
  readonly next: number | null;
}

/** One series of a metric. */
export interface MetricPoint {
  readonly labels: Readonly<Record<string, string>>;
  /** The value of a counter or gauge; of a histogram the sum. */
  readonly value: number;
  /** Of a histogram: the number of measurements, and the counts of its buckets, not added up. */
  readonly count?: number;
  readonly buckets?: readonly number[];
}

/** One metric. */
export interface Metric {
  /** The name in OpenTelemetry's form, such as `http.server.request.duration`. */
  readonly name: string;
  readonly help: string;
  /** UCUM: `s`, `By`, `{request}`; empty for none. */
  readonly unit: string;
  readonly kind: "counter" | "gauge" | "histogram";
  /** Of a histogram: the upper bounds; the last bucket has none. */
  readonly bounds?: readonly number[];
  readonly points: readonly MetricPoint[];
}

/** `GET /api/metrics`: all metrics at one instant. */
export interface MetricsAnswer {
  readonly timeMs: number;
  readonly metrics: readonly Metric[];
}

/**
 * `GET /api/live`: server-sent events. `event: trace` with a `TraceSummary`, `event: log` with a `LogLine`, `event: missed`
 * with `{ "count": number }` after a reader was too slow, `event: app` with an `AppAnswer` at the beginning.
 */
export type LiveEvent =
  | { readonly event: "trace"; readonly data: TraceSummary }
  | { readonly event: "log"; readonly data: LogLine }
  | { readonly event: "missed"; readonly data: { readonly count: number } }
  | { readonly event: "app"; readonly data: AppAnswer };

/** An error of any path of `/api`. */
export interface AdminErrorAnswer {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

/** One endpoint, for the explorer and the services map. */
export interface EndpointAnswer {
  /** `service.name`. */
  readonly id: string;
  readonly service: string;
  readonly methods: readonly string[];
  readonly path: string;
  readonly exposed: boolean;
  readonly auth: boolean | string | readonly string[];
  readonly kind: "json" | "raw" | "sse" | "stream" | "static";
  readonly doc: string | null;
  readonly tags: readonly string[];
  /** JSON Schema 2020-12 of each part of the request; `null` where the endpoint has none. */
  readonly pathParams: object | null;
  readonly query: object | null;
  readonly headers: object | null;
  readonly cookies?: object | null;
  /** Of a stream, the schema of the messages that its client sends. */
  readonly body: object | null;
  /** The form of the body; `null` where the endpoint reads none. */
  readonly bodyType?: "json" | "form" | "multipart" | "text" | "bytes" | null;
  /** Of a stream and of events, the schema of the messages that the server sends. */
  readonly response: object | null;
}

/** The questions of `POST /api/ask`, by tool: `{ "tool": …, "input": … }` -> `{ "value": … }` or an error. */
export interface AskTools {
  /** The endpoints of the app. */
  "endpoints.list": { input: Record<string, never>; value: readonly EndpointAnswer[] };
  /** Sends a request to the app, through its socket. */
  "endpoints.call": {
    input: {
      readonly method: string;
      readonly path: string;
      readonly headers: Readonly<Record<string, string>>;
      /** `null` for none. */
      readonly body: string | null;
    };
    value: {
      readonly status: number;
      readonly headers: readonly (readonly [string, string])[];
      /** As text; beyond 1 MiB it is cut. */
      readonly body: string;
      readonly isCut: boolean;
      readonly durationMs: number;
      readonly traceId: string;
    };
  };
  /** Services with what they declare and whom they call, publish to and subscribe to, from the manifest. */
  "services.map": {
    input: Record<string, never>;
    value: {
      readonly nodes: readonly {
        readonly id: string;
        readonly kind: "service" | "topic" | "database" | "cron" | "bucket";
        readonly name: string;
        readonly details: Readonly<Record<string, unknown>>;
      }[];
      readonly edges: readonly {
        readonly from: string;
        readonly to: string;
        readonly kind: "calls" | "publishes" | "subscribes" | "uses" | "runs";
      }[];
    };
  };
  /** The app's databases with their tables. */
  "databases.list": {
    input: Record<string, never>;
    value: readonly {
      readonly name: string;
      readonly tables: readonly {
        readonly schema: string;
        readonly name: string;
        readonly kind?: "table" | "view" | "materialized view";
        /** The planner's estimate; `null` where it has none. */
        readonly rows: number | null;
      }[];
      /** Why the database could not be asked. */
      readonly problem?: string;
    }[];
  };
  /** Runs one statement in a read-only transaction with a limit of time and rows. */
  "databases.query": {
    input: { readonly database: string; readonly sql: string; readonly limit?: number };
    value: {
      readonly columns: readonly { readonly name: string; readonly type: string }[];
      readonly rows: readonly (readonly unknown[])[];
      readonly isCut: boolean;
      readonly durationMs: number;
    };
  };
  /** The plan of a statement, by EXPLAIN (FORMAT JSON); with `analyze` it is run, in a read-only transaction. */
  "databases.explain": {
    input: { readonly database: string; readonly sql: string; readonly analyze?: boolean };
    value: { readonly plan: unknown };
  };
  /** Subscriptions with their messages by state. */
  "topics.list": {
    input: Record<string, never>;
    value: {
      readonly place: string;
      readonly subscriptions: readonly {
        readonly topic: string;
        readonly subscription: string;
        readonly isServed: boolean;
        readonly isPaused: boolean;
        readonly ready: number;
        readonly delayed: number;
        readonly inFlight: number;
        readonly dead: number;
        readonly oldestMs: number | null;
      }[];
    };
  };
  /** Messages that are not done. */
  "topics.peek": {
    input: { readonly topic: string; readonly subscription: string; readonly limit?: number };
    value: readonly Readonly<Record<string, unknown>>[];
  };
  /** Dead letters, the oldest first. */
  "topics.dead": {
    input: {
      readonly topic: string;
      readonly subscription: string;
      readonly limit?: number;
      readonly after?: string;
    };
    value: readonly Readonly<Record<string, unknown>>[];
  };
  /** Puts dead letters back: those with these ids, or all. */
  "topics.redrive": {
    input: { readonly topic: string; readonly subscription: string; readonly ids?: readonly string[] };
    value: { readonly count: number };
  };
  "topics.pause": { input: { readonly topic: string; readonly subscription: string }; value: null };
  "topics.resume": { input: { readonly topic: string; readonly subscription: string }; value: null };
  /** The cron jobs with their next runs. */
  "cron.list": {
    input: Record<string, never>;
    value: readonly {
      readonly job: string;
      readonly rule: string;
      readonly timeZone: string;
      readonly isPaused: boolean;
      readonly next: readonly number[];
      readonly last: Readonly<Record<string, unknown>> | null;
    }[];
  };
  "cron.history": {
    input: { readonly job: string; readonly limit?: number };
    value: readonly Readonly<Record<string, unknown>>[];
  };
  "cron.trigger": { input: { readonly job: string }; value: null };
  "cron.pause": { input: { readonly job: string }; value: null };
  "cron.resume": { input: { readonly job: string }; value: null };
  /** The secrets: where each was found, never a value. */
  "secrets.list": {
    input: Record<string, never>;
    value: readonly { readonly name: string; readonly found: boolean; readonly where: string }[];
  };
}
