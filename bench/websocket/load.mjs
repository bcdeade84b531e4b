#!/usr/bin/env node
// The load of the websocket suite: connections that send one message, wait for its echo, and send the next. It takes the arguments of
// the HTTP load generator and prints the same report.
import { parseArgs } from "node:util";
import { openEcho } from "./echo-connection.mjs";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    method: { type: "string" },
    body: { type: "string", default: "" },
    connections: { type: "string", default: "1" },
    seconds: { type: "string", default: "1" },
    header: { type: "string", multiple: true },
  },
});

const url = new URL(positionals[0] ?? "");
const message = values.body;
const seconds = Number(values.seconds);
const began = performance.now();
const end = began + seconds * 1000;
/** @type {number[]} */
const latencies = [];
let errors = 0;
/** @type {string | null} */
let firstError = null;

async function run() {
  const connection = await openEcho(url, message);
  while (performance.now() < end) {
    const sent = performance.now();
    const echo = await connection.exchange();
    latencies.push((performance.now() - sent) * 1000);
    if (echo === message) continue;
    errors += 1;
    firstError ??= `the echo was ${echo.slice(0, 100)}`;
  }
  connection.close();
}

const runs = Array.from({ length: Number(values.connections) }, run);
for (const { status, reason } of /** @type {any[]} */ (await Promise.allSettled(runs))) {
  if (status === "fulfilled") continue;
  errors += 1;
  firstError ??= String(reason);
}
latencies.sort((one, other) => one - other);
const at = (/** @type {number} */ share) => latencies[Math.floor(latencies.length * share)] ?? 0;
const ran = (performance.now() - began) / 1000;
const { user, system } = process.cpuUsage();
console.log(
  JSON.stringify({
    requests: latencies.length,
    requestsPerSecond: latencies.length / ran,
    p50Us: at(0.5),
    p99Us: at(0.99),
    maxUs: latencies.at(-1) ?? 0,
    statuses: { 101: latencies.length },
    bytes: latencies.length * message.length,
    errors,
    firstError,
    connections: Number(values.connections),
    seconds: ran,
    cpuSeconds: (user + system) / 1e6,
  }),
);
