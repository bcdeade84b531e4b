import type { Metric, MetricPoint, MetricsAnswer } from "../../contract.ts";
import { bucketsSince, mergeBuckets, quantile } from "./histogram.ts";

/** The values of a chart's lines at one instant, by the line's name; `null` where nothing was measured. */
export type Reading = Readonly<Record<string, number | null>>;

/** A chart of the metrics page. */
export interface ChartDefinition {
  readonly id: string;
  readonly title: string;
  /** What the axis measures: `s`, `By`, `%`, `/s`, or a noun. */
  readonly unit: string;
  readonly doc: string;
  /** Reads the lines from two answers that follow each other. */
  readonly read: (before: MetricsAnswer, now: MetricsAnswer) => Reading;
}

const DURATION = "http.server.request.duration";

/** The charts, in their order on the page; one without a reading yet is not drawn. */
export const CHARTS: readonly ChartDefinition[] = [
  {
    id: "rate",
    title: "Requests",
    unit: "/s",
    doc: "Answered requests a second, by the class of their status.",
    read: (before, now) =>
      rates(before, now, DURATION, (point) => `${label(point, "http.response.status_code").slice(0, 1)}xx`),
  },
  {
    id: "latency",
    title: "Latency",
    unit: "s",
    doc: "Estimated from the buckets of the histogram of all requests.",
    read: (before, now) => percentiles(before, now, DURATION),
  },
  {
    id: "errors",
    title: "Errors and refusals",
    unit: "/s",
    doc: "Answers of status 500 and above, and requests that Rust refused, by reason.",
    read: (before, now) => ({
      "5xx": sumOf(
        rates(before, now, DURATION, (point) => (isServerError(point) ? "5xx" : "")),
        ["5xx"],
      ),
      ...rates(before, now, "twinloop.http.refusals", (point) => label(point, "twinloop.refusal", "reason")),
    }),
  },
  {
    id: "event-loop-delay",
    title: "Event-loop delay",
    unit: "s",
    doc: "How much later than due the event loops turn; 99 of 100 turns are below the line.",
    read: (before, now) => quantileBy(before, now, "nodejs.eventloop.delay", 0.99, isolateName),
  },
  {
    id: "event-loop-utilization",
    title: "Event-loop utilization",
    unit: "%",
    doc: "The part of the time in which an isolate runs JavaScript.",
    read: (_, now) => scaled(gauges(now, "nodejs.eventloop.utilization", isolateName), 100),
  },
  {
    id: "pool",
    title: "Database connections",
    unit: "connections",
    doc: "Connections of the pools by state, and calls that wait for one.",
    read: (_, now) => ({
      ...gauges(now, "db.client.connection.count", (point) =>
        label(point, "db.client.connection.state", "state"),
      ),
      ...gauges(now, "db.client.connection.pending_requests", () => "waiting"),
      ...gauges(now, "db.client.connection.max", () => "limit"),
    }),
  },
  {
    id: "query",
    title: "Query duration",
    unit: "s",
    doc: "Estimated from the buckets of the histogram of all queries.",
    read: (before, now) => percentiles(before, now, "db.client.operation.duration"),
  },
  {
    id: "depth",
    title: "Queue depth",
    unit: "messages",
    doc: "Messages of all subscriptions by state.",
    read: (_, now) =>
      gauges(now, "twinloop.messaging.queue.depth", (point) => label(point, "twinloop.state", "state")),
  },
  {
    id: "flow",
    title: "Messages",
    unit: "/s",
    doc: "Messages published and consumed a second.",
    read: (before, now) => ({
      ...rates(before, now, "messaging.client.sent.messages", () => "published"),
      ...rates(before, now, "messaging.client.consumed.messages", () => "consumed"),
    }),
  },
  {
    id: "memory",
    title: "Memory",
    unit: "By",
    doc: "Resident memory of the process, and the JavaScript heaps of all isolates.",
    read: (_, now) => ({
      ...gauges(now, "process.memory.usage", () => "process"),
      ...gauges(now, "v8js.memory.heap.used", () => "heaps"),
    }),
  },
];

/** Finds a metric of an answer. */
export function metricOf(answer: MetricsAnswer, name: string): Metric | undefined {
  return answer.metrics.find((metric) => metric.name === name);
}

/** The first of the labels that a series has, under its name or with `_` for `.`; empty without any. */
export function label(point: MetricPoint, ...names: readonly string[]): string {
  for (const name of names) {
    const value = point.labels[name] ?? point.labels[name.replaceAll(".", "_")];
    if (value !== undefined) return value;
  }
  return "";
}

/** What a metric has counted a second between two answers, added up by a line's name; an empty name is left out. */
export function rates(
  before: MetricsAnswer,
  now: MetricsAnswer,
  name: string,
  lineOf: (point: MetricPoint) => string,
): Record<string, number> {
  const seconds = (now.timeMs - before.timeMs) / 1000;
  const earlier = totals(before, name, lineOf);
  const read: Record<string, number> = {};
  if (seconds <= 0) return read;
  for (const [line, total] of totals(now, name, lineOf)) {
    const since = earlier.get(line) ?? 0;
    read[line] = (total < since ? total : total - since) / seconds;
  }
  return read;
}

function totals(
  answer: MetricsAnswer,
  name: string,
  lineOf: (point: MetricPoint) => string,
): Map<string, number> {
  const found = new Map<string, number>();
  for (const point of metricOf(answer, name)?.points ?? []) {
    const line = lineOf(point);
    if (line !== "") found.set(line, (found.get(line) ?? 0) + (point.count ?? point.value));
  }
  return found;
}

function gauges(
  answer: MetricsAnswer,
  name: string,
  lineOf: (point: MetricPoint) => string,
): Record<string, number> {
  return Object.fromEntries(totals(answer, name, lineOf));
}

function percentiles(before: MetricsAnswer, now: MetricsAnswer, name: string): Reading {
  const metric = metricOf(now, name);
  if (metric === undefined) return {};
  const earlier = mergeBuckets(metricOf(before, name)?.points ?? []);
  const since = bucketsSince(earlier, mergeBuckets(metric.points));
  const bounds = metric.bounds ?? [];
  return {
    p50: quantile(bounds, since, 0.5),
    p95: quantile(bounds, since, 0.95),
    p99: quantile(bounds, since, 0.99),
  };
}

function quantileBy(
  before: MetricsAnswer,
  now: MetricsAnswer,
  name: string,
  q: number,
  lineOf: (point: MetricPoint) => string,
): Reading {
  const metric = metricOf(now, name);
  const read: Record<string, number | null> = {};
  for (const point of metric?.points ?? []) {
    const line = lineOf(point);
    const earlier = metricOf(before, name)?.points.find((other) => lineOf(other) === line);
    const since = bucketsSince(earlier?.buckets ?? [], point.buckets ?? []);
    read[line] = quantile(metric?.bounds ?? [], since, q);
  }
  return read;
}

function isolateName(point: MetricPoint): string {
  const isolate = label(point, "twinloop.isolate", "isolate");
  return isolate === "" ? "isolate" : `isolate ${isolate}`;
}

function isServerError(point: MetricPoint): boolean {
  return label(point, "http.response.status_code").startsWith("5");
}

function scaled(read: Record<string, number>, factor: number): Reading {
  return Object.fromEntries(Object.entries(read).map(([line, value]) => [line, value * factor]));
}

function sumOf(read: Record<string, number>, lines: readonly string[]): number {
  return lines.reduce((sum, line) => sum + (read[line] ?? 0), 0);
}
