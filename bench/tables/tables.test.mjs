import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { replaceBlock, significant } from "./block.mjs";
import { clientBlock } from "./client-table.mjs";
import { apiBlock } from "./request-tables.mjs";
import { latestResults } from "./results.mjs";

const machine = { processor: "AMD EPYC", cores: 2, commit: "abc1234", versions: { node: "20.20.2" } };
const whole = { suite: "api", only: [], workloads: [], beside: "", seconds: 4, rounds: 3, connections: 64 };

/** @param {string} server @param {number} cpuMicros @param {number} javascriptMicros */
const summary = (server, cpuMicros, javascriptMicros = cpuMicros) => ({
  server,
  cpuMicros,
  javascriptMicros,
  requestsPerSecond: 1_000_000 / cpuMicros,
});

/** @param {Record<string, object[]>} summaries @param {any[]} [rounds] */
const results = (summaries, rounds = []) =>
  /** @type {any} */ ({
    date: "2026-11-30T20:00:00.000Z",
    machine,
    arguments: whole,
    series: [
      { summaries: Object.entries(summaries).map(([workload, servers]) => ({ workload, servers })), rounds },
    ],
  });

test("replaces what a block holds, and nothing else", () => {
  const text = "a\n<!-- bench:api -->\nold\n<!-- /bench:api -->\nb\n";
  expect(replaceBlock(text, "api", "new")).toBe("a\n<!-- bench:api -->\nnew\n<!-- /bench:api -->\nb\n");
  expect(() => replaceBlock(text, "sqldb", "new")).toThrow("no block between `<!-- bench:sqldb -->`");
});

test("shows as many digits as are worth something", () => {
  expect([5.678, 82.4, 158_432, 9_312].map((value) => significant(value, 2))).toEqual([
    "5.7",
    "82",
    "160,000",
    "9,300",
  ]);
});

test("puts the limit first, then Twinloop with its thread, then the peers from the cheapest on", () => {
  const hello = [
    summary("hyper", 5.7, 0),
    summary("express", 82),
    summary("twinloop", 8, 0.7),
    summary("bun", 6.8),
  ];
  const lines = apiBlock(results({ hello, schema: [], reject: [] })).split("\n");
  expect(lines[0]).toBe(
    "2 cores (AMD EPYC), Node 20.20, 64 connections, medians of 3 rounds, 2026-11-30, commit abc1234.",
  );
  expect(lines.slice(4).map((line) => line.split(" | ", 2).join(": "))).toEqual([
    "| bare Hyper, no JavaScript: the limit: 5.7 (175,000)",
    "| **Twinloop**: **8 (125,000)**",
    "| … of it on the JavaScript thread: 0.7",
    "| Bun.serve, zod 4: 6.8 (147,000)",
    "| Express 5, zod 4: 82 (12,200)",
  ]);
});

test("tells of clients beside Twinloop's", () => {
  const rows = [summary("hyper", 30, 0), summary("twinloop", 56, 23), summary("bun-sql", 41)];
  const direct = {
    workload: "20x6",
    measurements: { twinloop: [{ javascriptMicros: 12 }], pg: [{ javascriptMicros: 45 }] },
  };
  const consumed = { messagesPerSecond: 89_000, cpuMicros: 8, javascriptMicros: 2 };
  const queue = {
    workload: "rabbitmq: consume",
    measurements: { twinloop: [consumed], amqplib: [consumed] },
  };
  const text = clientBlock(results({ rows }, [direct]), results({}, [queue]));
  expect(text).toContain(
    "| 20 rows over HTTP, CPU-µs (JS thread) | 56 (23) | bare Hyper 30, Bun.sql 41, pg -, postgres.js - |",
  );
  expect(text).toContain("| one query of 20 rows × 6, JS-thread µs | 12 | pg 45 |");
  expect(text).toContain(
    "| rabbitmq: consume, messages/s (CPU-µs, JS thread µs) | 89,000 (8, 2) | amqplib 89,000 (8, 2) |",
  );
});

test("quotes the latest whole run of a suite, and no part of one", () => {
  const folder = mkdtempSync(join(tmpdir(), "results-"));
  const put = (/** @type {string} */ name, /** @type {object} */ args) =>
    writeFileSync(
      join(folder, name),
      JSON.stringify({ date: name, machine, arguments: { ...whole, ...args }, series: [] }),
    );
  put("2026-01-01.json", {});
  put("2026-01-02.json", {});
  put("2026-01-03.json", { only: ["twinloop"] });
  put("2026-01-04.json", { rounds: 1 });
  put("2026-01-05.json", { suite: "sqldb", seconds: 1 });
  const latest = latestResults(folder);
  rmSync(folder, { recursive: true });
  expect([...latest].map(([suite, { date }]) => [suite, date])).toEqual([["api", "2026-01-02.json"]]);
});
