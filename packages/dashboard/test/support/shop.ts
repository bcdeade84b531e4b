import type {
  AppAnswer,
  AskTools,
  EndpointAnswer,
  LogLine,
  SpanAnswer,
  TraceAnswer,
  TraceSummary,
} from "../../src/contract.ts";
import { movingMetrics } from "./moving-metrics.ts";
import type { Answers, Script } from "./scripted-admin.ts";

/** A fixed instant that all fixtures are told against: 2026-03-09 10:00 UTC. */
export const NOON_MS = Date.UTC(2026, 2, 9, 10);
const HOUR_MS = 3_600_000;

/** Text that would act if it were read as anything but text. */
export const HOSTILE = "<img src=x onerror=\"document.title='owned'\">\u001b[31mred\u202Egnp";

/** The app of the fixtures. */
export const APP: AppAnswer = {
  name: "shop",
  version: "1.4.0",
  environment: "development",
  pid: 4711,
  startedMs: NOON_MS - 60_000,
  node: "22.12.0",
  twinloop: "0.1.0",
  url: "http://localhost:4000",
  isolates: 2,
  asks: true,
};

/** A trace of the list, with what is not told by default. */
export function summary(traceId: string, more: Partial<TraceSummary> = {}): TraceSummary {
  return {
    traceId,
    name: "GET /orders/:id",
    kind: "request",
    service: "orders",
    status: "ok",
    statusCode: 200,
    startMs: NOON_MS,
    durationMs: 4.2,
    spans: 4,
    refusal: null,
    ...more,
  };
}

/** The id of the trace whose spans are known. */
export const CHECKOUT = "4bf92f3577b34da6a3ce929d0e0e4736";

const TRACES: TraceSummary[] = [
  summary(CHECKOUT, {
    name: "POST /orders",
    statusCode: 201,
    durationMs: 184.3,
    spans: 11,
    startMs: NOON_MS - 1000,
  }),
  summary("a1".repeat(16), { startMs: NOON_MS - 1500 }),
  summary("a2".repeat(16), {
    name: "POST /orders",
    statusCode: 400,
    durationMs: 0.21,
    spans: 2,
    refusal: "validation",
    startMs: NOON_MS - 2200,
  }),
  summary("a3".repeat(16), {
    name: "GET /invoices/:id",
    service: "invoices",
    statusCode: 500,
    status: "error",
    durationMs: 1240,
    startMs: NOON_MS - 3400,
  }),
  summary("a4".repeat(16), {
    name: "process send-receipt",
    kind: "message",
    statusCode: null,
    service: "mail",
    startMs: NOON_MS - 4100,
  }),
  summary("a5".repeat(16), {
    name: "run nightly-report",
    kind: "cron",
    statusCode: null,
    service: "reports",
    durationMs: 612,
    startMs: NOON_MS - 9000,
  }),
  summary("a6".repeat(16), { name: HOSTILE, statusCode: 404, startMs: NOON_MS - 9900, service: null }),
];

function span(
  spanId: string,
  parentSpanId: string | null,
  name: string,
  [from, ms]: readonly [number, number],
  more: Partial<SpanAnswer> = {},
): SpanAnswer {
  return {
    spanId,
    parentSpanId,
    name,
    kind: "internal",
    startMs: NOON_MS - 1000 + from,
    durationMs: ms,
    status: "unset",
    message: null,
    attributes: {},
    events: [],
    links: [],
    ...more,
  };
}

/** The statement of a span, with what must not act. */
export const STATEMENT = `INSERT INTO orders (customer, total) VALUES ($1, $2) RETURNING id -- ${HOSTILE}`;

const QUERY = { "db.system.name": "postgresql", "db.namespace": "shop", "server.address": "127.0.0.1" };

const CHECKOUT_SPANS: TraceAnswer = {
  traceId: CHECKOUT,
  dropped: 0,
  spans: [
    span("01", "ff00ff00ff00ff00", "POST /orders", [0, 96], {
      kind: "server",
      attributes: {
        "http.request.method": "POST",
        "http.route": "/orders",
        "http.response.status_code": 201,
        "url.path": "/orders",
        "client.address": "127.0.0.1",
        "twinloop.service": "orders",
        "twinloop.endpoint": "orders.create",
      },
    }),
    span("02", "01", "validate", [0.1, 0.3]),
    span("03", "01", "queue", [0.4, 1.1]),
    span("04", "01", "handler", [1.5, 94]),
    span("05", "04", "INSERT orders", [4, 22], {
      kind: "client",
      attributes: {
        ...QUERY,
        "db.operation.name": "INSERT",
        "db.query.text": STATEMENT,
        "twinloop.acquire_ms": 0.4,
      },
    }),
    span("06", "04", "call payments.charge", [28, 40], {
      kind: "client",
      attributes: { "twinloop.service": "payments" },
    }),
    span("07", "06", "SELECT cards", [32, 12], {
      kind: "client",
      attributes: { ...QUERY, "db.query.text": "SELECT * FROM cards WHERE customer = $1" },
    }),
    span("08", "04", "send order-placed", [72, 14], {
      kind: "producer",
      attributes: { "messaging.system": "postgresql", "messaging.destination.name": "order-placed" },
    }),
    span("09", "08", "process send-receipt", [101, 83], {
      kind: "consumer",
      status: "error",
      message: `The mail server answered 451. ${HOSTILE}`,
      attributes: { "messaging.destination.subscription.name": "send-receipt", "twinloop.attempt": 1 },
      events: [
        { name: "exception", timeMs: NOON_MS - 1000 + 180, attributes: { "exception.type": "SmtpError" } },
      ],
    }),
    span("0a", "09", "render receipt", [104, 18]),
    span("0b", "08", "process count-sales", [98, 6], { kind: "consumer" }),
  ],
};

/** A log line, with what is not told by default. */
export function line(number: number, message: string, more: Partial<LogLine> = {}): LogLine {
  return { number, timeMs: NOON_MS - 10_000 + number * 100, level: 30, message, fields: {}, ...more };
}

const LINES: LogLine[] = [
  line(5, "served request", {
    fields: {
      method: "POST",
      route: "/orders",
      status: 201,
      duration_ms: 96,
      trace_id: CHECKOUT,
      span_id: "01",
    },
  }),
  line(4, "delivery failed: the mail server answered 451; retrying in 2 s", {
    level: 50,
    fields: { subscription: "send-receipt", attempt: 1, trace_id: CHECKOUT },
  }),
  line(3, HOSTILE, { level: 40, fields: { user: HOSTILE, trace_id: "a6".repeat(16) } }),
  line(2, "slow query", { level: 40, fields: { duration_ms: 812, "db.query.text": "SELECT * FROM cards" } }),
  line(1, "open for business", { fields: { url: "http://localhost:4000" } }),
];

const ENDPOINTS: EndpointAnswer[] = [
  {
    id: "orders.create",
    service: "orders",
    methods: ["POST"],
    path: "/orders",
    exposed: true,
    auth: true,
    kind: "json",
    doc: "Places an order and tells those who wait for it.",
    tags: ["checkout"],
    pathParams: null,
    query: {
      type: "object",
      properties: { dryRun: { type: "boolean", description: "Checks the order and places none." } },
    },
    headers: { type: "object", properties: { "idempotency-key": { type: "string", maxLength: 64 } } },
    body: {
      type: "object",
      required: ["customer", "lines", "speed"],
      properties: {
        customer: { type: "string", minLength: 1, maxLength: 80, description: "Who pays." },
        speed: { enum: ["standard", "express"] },
        total: { type: "number", exclusiveMinimum: 0 },
        deliverOn: { type: "string", format: "date" },
        isGift: { type: "boolean" },
        lines: {
          type: "array",
          minItems: 1,
          items: {
            type: "object",
            required: ["sku", "count"],
            properties: { sku: { type: "string" }, count: { type: "integer", minimum: 1 } },
          },
        },
        payment: {
          anyOf: [{ type: "string" }, { type: "object", properties: { card: { type: "string" } } }],
        },
      },
    },
    response: { type: "object", properties: { id: { type: "integer" } } },
  },
  {
    id: "orders.find",
    service: "orders",
    methods: ["GET"],
    path: "/orders/:id",
    exposed: true,
    auth: false,
    kind: "json",
    doc: null,
    tags: [],
    pathParams: { type: "object", required: ["id"], properties: { id: { type: "integer", minimum: 1 } } },
    query: null,
    headers: null,
    body: null,
    response: { type: "object", properties: {} },
  },
  {
    id: "payments.charge",
    service: "payments",
    methods: ["POST"],
    path: "/payments.charge",
    exposed: false,
    auth: false,
    kind: "json",
    doc: null,
    tags: [],
    pathParams: null,
    query: null,
    headers: null,
    body: { type: "object", properties: {} },
    response: null,
  },
];

const MAP: AskTools["services.map"]["value"] = {
  nodes: [
    { id: "s:orders", kind: "service", name: "orders", details: { endpoints: ["create", "find"] } },
    { id: "s:payments", kind: "service", name: "payments", details: { endpoints: ["charge"] } },
    { id: "s:mail", kind: "service", name: "mail", details: {} },
    { id: "s:reports", kind: "service", name: "reports", details: {} },
    { id: "t:order-placed", kind: "topic", name: "order-placed", details: { subscriptions: 2 } },
    { id: "d:shop", kind: "database", name: "shop", details: { migrations: "./migrations" } },
    { id: "c:nightly", kind: "cron", name: "nightly-report", details: { rule: "0 3 * * *" } },
    { id: "b:receipts", kind: "bucket", name: "receipts-of-all-customers", details: {} },
  ],
  edges: [
    { from: "s:orders", to: "s:payments", kind: "calls" },
    { from: "s:orders", to: "t:order-placed", kind: "publishes" },
    { from: "t:order-placed", to: "s:mail", kind: "subscribes" },
    { from: "t:order-placed", to: "s:reports", kind: "subscribes" },
    { from: "s:orders", to: "d:shop", kind: "uses" },
    { from: "s:payments", to: "d:shop", kind: "uses" },
    { from: "s:reports", to: "d:shop", kind: "uses" },
    { from: "c:nightly", to: "s:reports", kind: "runs" },
    { from: "s:mail", to: "b:receipts", kind: "uses" },
  ],
};

const PLAN = [
  {
    Plan: {
      "Node Type": "Nested Loop",
      "Join Type": "Inner",
      "Total Cost": 24.6,
      "Plan Rows": 12,
      Plans: [
        {
          "Node Type": "Index Scan",
          "Relation Name": "cards",
          "Index Name": "cards_customer",
          "Total Cost": 8.2,
          "Plan Rows": 1,
          "Index Cond": "(customer = $1)",
        },
        {
          "Node Type": "Seq Scan",
          "Relation Name": "orders",
          "Total Cost": 16.1,
          "Plan Rows": 12,
          Filter: "(total > 10)",
        },
      ],
    },
  },
];

function rowsOf(sql: string): AskTools["databases.query"]["value"] {
  if (sql.includes("information_schema")) {
    return {
      columns: [
        { name: "column_name", type: "name" },
        { name: "data_type", type: "varchar" },
      ],
      rows: [
        ["id", "bigint"],
        ["customer", "text"],
      ],
      isCut: false,
      durationMs: 2.1,
    };
  }
  const offset = Number(/OFFSET (\d+)/.exec(sql)?.[1] ?? 0);
  const rows = Array.from({ length: offset === 0 ? 51 : 9 }, (_, index) => [
    offset + index + 1,
    index === 0 ? HOSTILE : `customer ${offset + index + 1}`,
    { lines: [{ sku: "tea", count: index }] },
    index % 3 === 0 ? null : "2026-03-09T10:00:00.000Z",
  ]);
  return {
    columns: [
      { name: "id", type: "int8" },
      { name: "customer", type: "text" },
      { name: "lines", type: "jsonb" },
      { name: "placed_at", type: "timestamptz" },
    ],
    rows,
    isCut: false,
    durationMs: 1.4,
  };
}

/** Answers of an app that uses every part. */
export function answers(): Answers {
  return { ...answersOfData(), ...answersOfTopics(), ...answersOfJobs() };
}

function answersOfData(): Answers {
  return {
    "endpoints.list": () => ENDPOINTS,
    "endpoints.call": ({ path }) => ({
      status: path.startsWith("/orders") ? 201 : 200,
      headers: [["content-type", "application/json"]],
      body: JSON.stringify({ id: 7, note: HOSTILE }),
      isCut: false,
      durationMs: 12.4,
      traceId: CHECKOUT,
    }),
    "services.map": () => MAP,
    "databases.list": () => [
      {
        name: "shop",
        tables: [
          { schema: "public", name: "orders", rows: 9408 },
          { schema: "public", name: "cards", rows: 120 },
          { schema: "audit", name: "changes_of_all_tables", rows: null },
        ],
      },
    ],
    "databases.query": ({ sql }) => rowsOf(sql),
    "databases.explain": () => ({ plan: PLAN }),
  };
}

function answersOfTopics(): Answers {
  const subscription = {
    topic: "order-placed",
    subscription: "send-receipt",
    isServed: true,
    isPaused: false,
  };
  const receipts = { ...subscription, ready: 14, delayed: 3, inFlight: 2, dead: 2, oldestMs: 5300 };
  const sales = {
    ...subscription,
    subscription: "count-sales",
    ready: 0,
    delayed: 0,
    inFlight: 0,
    dead: 0,
    oldestMs: null,
  };
  return {
    "topics.list": () => ({ place: "postgres://127.0.0.1:5432/shop", subscriptions: [receipts, sales] }),
    "topics.peek": () => [
      { id: "m1", state: "ready", body: { order: 7 }, key: null, attempts: 0, publishedAt: NOON_MS - 5300 },
      {
        id: "m2",
        state: "in_flight",
        body: { order: 8, note: HOSTILE },
        key: "a",
        attempts: 1,
        publishedAt: NOON_MS - 9000,
      },
    ],
    "topics.dead": () => [
      {
        id: "d1",
        body: { order: 1 },
        attempts: 5,
        buriedAt: NOON_MS - HOUR_MS,
        reason: "retries_exhausted",
        error: HOSTILE,
        stack: null,
      },
      {
        id: "d2",
        body: { order: 2 },
        attempts: 1,
        buriedAt: NOON_MS - 1000,
        reason: "unrecoverable",
        error: "no such customer",
        stack: null,
      },
    ],
    "topics.redrive": ({ ids }) => ({ count: ids?.length ?? 2 }),
    "topics.pause": () => {
      receipts.isPaused = true;
      return null;
    },
    "topics.resume": () => {
      receipts.isPaused = false;
      return null;
    },
  };
}

function answersOfJobs(): Answers {
  return {
    "cron.list": () => jobs(),
    "cron.history": () => [
      {
        id: 3,
        scheduledAt: NOON_MS - HOUR_MS,
        startedAt: NOON_MS - HOUR_MS,
        finishedAt: NOON_MS - HOUR_MS + 612,
        outcome: "succeeded",
        attempts: 1,
        error: null,
        place: "host/4711",
        manual: false,
      },
      {
        id: 2,
        scheduledAt: NOON_MS - 25 * HOUR_MS,
        startedAt: null,
        finishedAt: null,
        outcome: "failed",
        attempts: 3,
        error: `internal: ${HOSTILE}`,
        place: "host/4711",
        manual: false,
      },
    ],
    "cron.trigger": () => null,
    "cron.pause": () => null,
    "cron.resume": () => null,
    "secrets.list": () => [
      { name: "StripeKey", found: true, where: ".env" },
      { name: "SmtpPassword", found: false, where: "searched: environment, .env" },
    ],
  };
}

function jobs(): AskTools["cron.list"]["value"] {
  const midnight = Math.ceil(Date.now() / (24 * HOUR_MS)) * 24 * HOUR_MS;
  const every = (first: number, step: number): number[] =>
    Array.from({ length: 10 }, (_, index) => first + index * step);
  return [
    {
      job: "nightly-report",
      rule: "0 3 * * *",
      timeZone: "UTC",
      isPaused: false,
      next: every(midnight + 3 * HOUR_MS, 24 * HOUR_MS),
      last: { outcome: "succeeded", scheduledAt: NOON_MS - HOUR_MS },
    },
    {
      job: "sweep-carts",
      rule: "every 2 h",
      timeZone: "UTC",
      isPaused: false,
      next: every(Math.ceil(Date.now() / HOUR_MS) * HOUR_MS, 2 * HOUR_MS),
      last: { outcome: "failed", scheduledAt: NOON_MS - 2 * HOUR_MS },
    },
    { job: "old-import", rule: "0 0 1 * *", timeZone: "Europe/Vienna", isPaused: true, next: [], last: null },
  ];
}

/** The script of an app in which everything is used. */
export function shop(): Script {
  return {
    app: APP,
    token: null,
    noStream: null,
    traces: [...TRACES],
    spans: { [CHECKOUT]: CHECKOUT_SPANS },
    lines: [...LINES],
    metrics: movingMetrics(),
    answers: answers(),
  };
}

/** The script of an app that nothing has been asked of and that uses no further package. */
export function newApp(): Script {
  return {
    ...shop(),
    traces: [],
    spans: {},
    lines: [],
    metrics: () => ({ timeMs: Date.now(), metrics: [] }),
    answers: {},
  };
}
