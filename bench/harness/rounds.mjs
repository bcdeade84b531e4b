import { measure } from "./measure.mjs";
import { ServerEnded } from "./server-process.mjs";

/** Of the last words of a server that is left out. */
const KEPT_CHARACTERS = 300;

/**
 * A server that can be measured on this machine.
 *
 * @typedef {{ server: import("./server-list.mjs").Server, command: string[] }} Contender
 */

/**
 * All rounds of one workload: the measurements of each server in the order of the rounds.
 *
 * @typedef {object} WorkloadRounds
 * @property {string} workload
 * @property {Map<string, import("./measure.mjs").Measurement[]>} measurements by server name
 */

/**
 * Measures every server with every workload: A B C, A B C, …, so that a machine that slows down for a minute
 * slows down all of them, and each round can be compared within itself.
 *
 * @param {readonly Contender[]} contenders
 * @param {readonly import("./workload.mjs").Workload[]} workloads
 * @param {number} rounds
 * @param {import("./measure.mjs").Method} method
 * @param {(line: string) => void} say told each measurement as it is made
 * @returns {Promise<WorkloadRounds[]>}
 */
export async function runRounds(contenders, workloads, rounds, method, say) {
  const results = [];
  for (const workload of workloads) {
    const running = contenders.filter(
      ({ server }) => workload.on === undefined || server.name in workload.on,
    );
    /** @type {WorkloadRounds} */
    const result = {
      workload: workload.name,
      measurements: new Map(running.map(({ server }) => [server.name, []])),
    };
    for (let round = 1; round <= rounds; round += 1) {
      for (const { server, command } of running) {
        const own = { ...workload, ...workload.on?.[server.name] };
        const measured = await measure(server, command, own, method).catch((error) => {
          if (server.mayEnd && error instanceof ServerEnded) return error.message.slice(0, KEPT_CHARACTERS);
          throw error;
        });
        if (typeof measured === "string") {
          say(`  ${workload.name} ${round}/${rounds} ${server.name}: left out. ${measured}`);
          continue;
        }
        result.measurements.get(server.name)?.push(measured);
        say(progress(`${workload.name} ${round}/${rounds} ${server.name}`, measured));
      }
    }
    results.push(result);
  }
  return results;
}

/** @param {string} label @param {import("./measure.mjs").Measurement} measured */
function progress(label, { requestsPerSecond, cpuMicros, otherCores }) {
  const cpu = cpuMicros === null ? "" : `, ${cpuMicros.toFixed(1)} CPU-µs`;
  const others = otherCores === null ? "" : `, other processes ${otherCores.toFixed(2)} cores`;
  return `  ${label}: ${Math.round(requestsPerSecond).toLocaleString("en")} requests/s${cpu}${others}`;
}
