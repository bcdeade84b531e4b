import { setTimeout as sleep } from "node:timers/promises";
import { Problem } from "../../tools/setup/problem.mjs";
import { sendRequest } from "../harness/http-request.mjs";
import { startServer } from "../harness/server-process.mjs";

const ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT";
const TRACES = "/v1/traces";
/** Enough for one of them to be traced where one in a hundred is. */
const REQUESTS = 1_500;
const AT_ONCE = 50;
/** Longer than OpenTelemetry's SDK keeps spans before it sends them. */
const LONGEST_MS = 15_000;

/**
 * Checks that each server that is told of a collector sends traces there: one that does not would be measured without them.
 *
 * Errors: `Problem` with the server's name.
 *
 * @param {readonly import("../harness/rounds.mjs").Contender[]} contenders
 * @param {string} collector
 * @param {Record<string, string | undefined>} env
 */
export async function checkExporting(contenders, collector, env) {
  for (const { server, command } of contenders) {
    if (server.env?.[ENDPOINT] === undefined) continue;
    const before = await countSent(collector);
    const running = await startServer(server.name, command, { core: null, env: { ...env, ...server.env } });
    try {
      for (let sent = 0; sent < REQUESTS; sent += AT_ONCE) {
        const some = Array.from({ length: AT_ONCE }, () => sendRequest(running.port, { target: "/hello" }));
        await Promise.all(some);
      }
      const deadline = performance.now() + LONGEST_MS;
      while ((await countSent(collector)) === before) {
        if (performance.now() > deadline)
          throw new Problem(`The server ${server.name} sends no traces to the collector.`);
        await sleep(100);
      }
    } finally {
      await running.stop();
    }
    console.log(`  ${server.name} sends traces`);
  }
}

/** @param {string} collector @returns {Promise<number>} */
async function countSent(collector) {
  const { text } = await sendRequest(Number(new URL(collector).port), { target: TRACES });
  return JSON.parse(text).sent;
}
