import { expect, test } from "vitest";
import type { Metric, MetricsAnswer } from "../../contract.ts";
import { CHARTS, label, rates } from "./chart-definitions.ts";
import { addReading, addReadings } from "./history.ts";

function answer(timeMs: number, ...metrics: Metric[]): MetricsAnswer {
  return { timeMs, metrics };
}

function requests(ok: number, failed: number): Metric {
  const point = (status: string, count: number, buckets: number[]): Metric["points"][number] => ({
    labels: { "http.response.status_code": status, "http.route": "/links" },
    value: 1,
    count,
    buckets,
  });
  return {
    name: "http.server.request.duration",
    help: "",
    unit: "s",
    kind: "histogram",
    bounds: [0.01, 0.1],
    points: [point("200", ok, [ok, 0, 0]), point("503", failed, [0, failed, 0])],
  };
}

const read = (id: string, before: MetricsAnswer, now: MetricsAnswer): unknown =>
  CHARTS.find((chart) => chart.id === id)?.read(before, now);

test("requests a second are told by the class of their status", () => {
  const [before, now] = [answer(1000, requests(10, 0)), answer(3000, requests(50, 4))];
  expect(read("rate", before, now)).toEqual({ "2xx": 20, "5xx": 2 });
  expect(read("errors", before, now)).toEqual({ "5xx": 2 });
});

test("percentiles are those of the time between two answers", () => {
  const [before, now] = [answer(1000, requests(1000, 0)), answer(3000, requests(1090, 10))];
  expect(read("latency", before, now)).toMatchObject({
    p50: expect.closeTo(0.00556, 4),
    p99: expect.closeTo(0.091, 3),
  });
  expect(read("latency", now, now)).toEqual({ p50: null, p95: null, p99: null });
});

test("after a restart counts begin anew and are not negative", () => {
  const [before, now] = [answer(1000, requests(500, 5)), answer(2000, requests(7, 0))];
  expect(rates(before, now, "http.server.request.duration", () => "all")).toEqual({ all: 7 });
});

test("gauges are read as they are, with labels in either form", () => {
  const pool: Metric = {
    name: "db.client.connection.count",
    help: "",
    unit: "{connection}",
    kind: "gauge",
    points: [
      { labels: { state: "idle" }, value: 3 },
      { labels: { db_client_connection_state: "used" }, value: 2 },
    ],
  };
  expect(read("pool", answer(0), answer(1, pool))).toEqual({ idle: 3, used: 2 });
  expect(label({ labels: { a_b: "x" }, value: 0 }, "c", "a.b")).toBe("x");
});

test("lines that come late or go have gaps, and old readings are dropped", () => {
  let series = addReading(undefined, 1, { a: 1 }, 3);
  series = addReading(series, 2, { a: 2, b: 5 }, 3);
  series = addReading(series, 3, { b: 6 }, 3);
  series = addReading(series, 4, { b: 7 }, 3);
  expect(series).toEqual({ times: [2, 3, 4], lines: { a: [2, null, null], b: [5, 6, 7] } });
  const history = addReadings({}, answer(0), answer(1000, requests(1, 0)), 10);
  expect(history["rate"]?.lines).toEqual({ "2xx": [1], "5xx": [0] });
});
