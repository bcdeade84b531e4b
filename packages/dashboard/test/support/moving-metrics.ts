import type { Metric, MetricsAnswer } from "../../src/contract.ts";

/** Metrics that move with each reading. */
export function movingMetrics(): () => MetricsAnswer {
  let turn = 0;
  const startMs = Date.now();
  return () => {
    turn += 1;
    const wave = 1 + Math.sin(turn / 3);
    return { timeMs: startMs + turn * 3000, metrics: metricsAt(turn, wave) };
  };
}

function gauge(name: string, unit: string, points: Metric["points"]): Metric {
  return { name, help: "", unit, kind: "gauge", points };
}

function metricsAt(turn: number, wave: number): Metric[] {
  return [...countedAt(turn, wave), ...measuredAt(turn, wave)];
}

function countedAt(turn: number, wave: number): Metric[] {
  const requests = (status: string, count: number): Metric["points"][number] => ({
    labels: { "http.response.status_code": status, "http.route": "/orders" },
    value: count * 0.02,
    count,
    buckets: [count * 0.5, count * 0.3, count * 0.15, count * 0.05].map(Math.round),
  });
  return [
    {
      name: "http.server.request.duration",
      help: "How long requests take.",
      unit: "s",
      kind: "histogram",
      bounds: [0.005, 0.025, 0.1],
      points: [
        requests("200", turn * 240 + Math.round(wave * 50)),
        requests("404", turn * 9),
        requests("500", turn),
      ],
    },
    {
      name: "twinloop.http.refusals",
      help: "",
      unit: "{request}",
      kind: "counter",
      points: [
        { labels: { reason: "validation" }, value: turn * 6 },
        { labels: { reason: "rate_limit" }, value: turn * 2 },
      ],
    },
    {
      name: "nodejs.eventloop.delay",
      help: "",
      unit: "s",
      kind: "histogram",
      bounds: [0.001, 0.01, 0.1],
      points: [
        { labels: { isolate: "0" }, value: 1, count: turn * 100, buckets: [turn * 90, turn * 9, turn, 0] },
        { labels: { isolate: "1" }, value: 1, count: turn * 100, buckets: [turn * 99, turn, 0, 0] },
      ],
    },
  ];
}

function measuredAt(turn: number, wave: number): Metric[] {
  return [
    gauge("nodejs.eventloop.utilization", "1", [
      { labels: { isolate: "0" }, value: 0.2 + wave / 6 },
      { labels: { isolate: "1" }, value: 0.15 + wave / 9 },
    ]),
    gauge("db.client.connection.count", "{connection}", [
      { labels: { state: "idle" }, value: 6 },
      { labels: { state: "used" }, value: 1 + Math.round(wave * 2) },
    ]),
    gauge("db.client.connection.max", "{connection}", [{ labels: {}, value: 10 }]),
    gauge("db.client.connection.pending_requests", "{request}", [{ labels: {}, value: 0 }]),
    gauge("process.memory.usage", "By", [{ labels: {}, value: 180e6 + wave * 8e6 }]),
    gauge("v8js.memory.heap.used", "By", [{ labels: { isolate: "0" }, value: 48e6 + wave * 6e6 }]),
    gauge("twinloop.messaging.queue.depth", "{message}", [
      { labels: { state: "ready" }, value: Math.round(14 + wave * 5) },
      { labels: { state: "delayed" }, value: 3 },
    ]),
    {
      name: "messaging.client.sent.messages",
      help: "",
      unit: "{message}",
      kind: "counter",
      points: [{ labels: {}, value: turn * 12 }],
    },
    {
      name: "messaging.client.consumed.messages",
      help: "",
      unit: "{message}",
      kind: "counter",
      points: [{ labels: {}, value: turn * 11 }],
    },
    {
      name: "orders",
      help: "Orders placed.",
      unit: "",
      kind: "counter",
      points: [{ labels: { country: "at" }, value: turn * 3 }],
    },
  ];
}
