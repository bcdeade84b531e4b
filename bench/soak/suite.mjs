import { setTimeout as sleep } from "node:timers/promises";
import { Problem } from "../../tools/setup/problem.mjs";
import { choose } from "../harness/arguments.mjs";
import { checkAnswers } from "../harness/correctness.mjs";
import { showHeldTargets } from "../harness/held-target.mjs";
import { sendRequest } from "../harness/http-request.mjs";
import { putLoad } from "../harness/load.mjs";
import { LOAD_CORE, pinningObstacle, SERVER_CORE } from "../harness/pinning.mjs";
import { readMemory, readThreadTimes, timeBetween, totalOf } from "../harness/process-counters.mjs";
import { setUp } from "../harness/series.mjs";
import { freePort, startServer } from "../harness/server-process.mjs";
import { workloads as requests } from "../harness/workload.mjs";
import { prepareDatabase } from "../sqldb/database.mjs";
import { rowsWorkload } from "../sqldb/rows-workload.mjs";
import { startCollector } from "../telemetry/collector-process.mjs";
import { checkExporting } from "../telemetry/exporting.mjs";
import { installInstrumentation, servers } from "../telemetry/servers.mjs";
import { judgeMemory, showSamples } from "./samples.mjs";

/** With access log, metrics and all traces. */
const SUBJECT = "traces-100";
/** Each kind of request has its turn for so long, so that a run of minutes has many samples. */
const TURN_SECONDS = 2;
const SETTLE_MS = 10_000;
const MIB = 2 ** 20;

/** @typedef {import("../harness/workload.mjs").Workload} Workload */

/**
 * The requests, in turn: answers of the app, of Rust alone, of nobody, and rows where there is a database.
 *
 * @param {boolean} hasDatabase
 * @returns {readonly Workload[]}
 */
function rotation(hasDatabase) {
  const named = requests.filter(({ name }) => ["hello", "schema", "reject"].includes(name));
  const rest = { method: "GET", headers: {}, body: "", answer: null, handled: false };
  const missing = { ...rest, name: "missing", target: "/nothing/is/here?a=b", status: 404 };
  const caller = { traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01" };
  const traced = named
    .filter(({ name }) => name === "hello")
    .map((hello) => ({ ...hello, name: "hello, traced by its caller", headers: caller }));
  return [...named, missing, ...traced, ...(hasDatabase ? [rowsWorkload] : [])];
}

/**
 * The `soak` suite: millions of requests through a server with access log, metrics and traces, and its memory over time.
 *
 * Errors: `Problem` off Linux, and when a server answers wrongly.
 *
 * @param {import("../harness/arguments.mjs").Arguments} args
 */
export async function soakSuite(args) {
  if (process.platform !== "linux") throw new Problem("The soak suite reads Linux's /proc.");
  const collector = await startCollector();
  try {
    const chosen = choose(servers(collector.url), args.only.length > 0 ? args.only : [SUBJECT], "server");
    if (chosen.some(({ name }) => name === "fastify-otel")) installInstrumentation();
    const { machine, contenders, programs } = await setUp(chosen);
    const hasDatabase =
      Boolean(process.env["DATABASE_URL"]) && chosen.every(({ from }) => from === "twinloop");
    const DATABASE_URL = hasDatabase ? await prepareDatabase() : undefined;
    const env = { DATABASE_URL, PUBSUB_URL: undefined, AMQP_URL: undefined };
    const pinned = (await pinningObstacle()) === null;
    await checkExporting(contenders, collector.url, env);
    const series = [];
    for (const contender of contenders) {
      const method = { args, env, pinned, program: programs.load, workloads: rotation(hasDatabase) };
      const { samples, settledMib } = await soak(contender, method);
      const { name, title } = contender.server;
      console.log(`\n${title}\n\n${showSamples(samples)}\n`);
      console.log(`After ${SETTLE_MS / 1000} s without requests: ${settledMib.toFixed(1)} MiB`);
      const verdicts = [judgeMemory(samples)];
      console.log(`\n${showHeldTargets(verdicts)}`);
      series.push({ server: name, pinned, samples, settledMib, verdicts });
    }
    return { machine, series };
  } finally {
    collector.stop();
  }
}

/**
 * @typedef {object} Method
 * @property {import("../harness/arguments.mjs").Arguments} args
 * @property {Record<string, string | undefined>} env
 * @property {boolean} pinned
 * @property {string} program of the load
 * @property {readonly Workload[]} workloads
 */

/** @param {import("../harness/rounds.mjs").Contender} contender @param {Method} method */
async function soak({ server, command }, method) {
  const { args, pinned, workloads } = method;
  const adminPort = await freePort();
  const admin = server.env?.["ADMIN_PORT"] === undefined ? {} : { ADMIN_PORT: String(adminPort) };
  const running = await startServer(server.name, command, {
    core: pinned ? SERVER_CORE : null,
    env: { ...method.env, ...server.env, ...admin },
  });
  try {
    await checkAnswers(server.name, running.port, workloads);
    /** @type {import("./samples.mjs").Sample[]} */
    const samples = [];
    const began = performance.now();
    for (let answered = 0; answered < args.requests;) {
      const before = readThreadTimes(running.pid);
      const served = await serveTurns(server.name, running.port, method);
      answered += served;
      const spent = totalOf(timeBetween(before, readThreadTimes(running.pid))) / 1000;
      const sample = {
        requests: answered,
        seconds: (performance.now() - began) / 1000,
        memoryMib: (readMemory(running.pid) ?? Number.NaN) / MIB,
        cpuMicros: spent / served,
        series: "ADMIN_PORT" in admin ? await countSeries(adminPort) : null,
      };
      samples.push(sample);
      const { seconds, memoryMib } = sample;
      console.log(
        `  ${server.name}: ${answered.toLocaleString("en")} requests, ${seconds.toFixed(0)} s, ${memoryMib.toFixed(1)} MiB`,
      );
    }
    await sleep(SETTLE_MS);
    return { samples, settledMib: (readMemory(running.pid) ?? Number.NaN) / MIB };
  } finally {
    await running.stop();
  }
}

/** Gives each kind of request its turn; returns how many were answered. @param {string} server @param {number} port @param {Method} method */
async function serveTurns(server, port, { args, pinned, program, workloads }) {
  const { connections } = args;
  const seconds = Math.min(args.seconds, TURN_SECONDS);
  const core = pinned ? LOAD_CORE : null;
  let served = 0;
  for (const workload of workloads) {
    const { requests: answered } = await putLoad({
      program,
      server,
      port,
      workload,
      connections,
      seconds,
      core,
    });
    served += answered;
  }
  return served;
}

/** How many series `/metrics` tells of. @param {number} port */
async function countSeries(port) {
  const { text } = await sendRequest(port, { target: "/metrics" });
  return text.split("\n").filter((line) => line !== "" && !line.startsWith("#")).length;
}
