import { request } from "node:http";
import { once } from "node:events";
import { Problem } from "../../tools/setup/problem.mjs";
import { readPeakMemory, readThreadTimes, timeBetween, totalOf } from "../harness/process-counters.mjs";
import { startServer } from "../harness/server-process.mjs";
import { median } from "../harness/statistics.mjs";
import { layOutTable, showNumber } from "../harness/table.mjs";

/** The name of this measurement among the workloads. */
export const UPLOADS = "upload-1g";

const SERVERS = ["files", "busboy"];
const GIB = 2 ** 30;
const PIECE = Buffer.alloc(256 * 1024, "x");
const BOUNDARY = "twinloop-bench";
const HEAD = `--${BOUNDARY}\r\ncontent-disposition: form-data; name="file"; filename="a.bin"\r\ncontent-type: application/octet-stream\r\n\r\n`;
const TAIL = `\r\n--${BOUNDARY}--\r\n`;

/**
 * One upload of 1 GiB as multipart/form-data that a server writes to disk.
 *
 * @typedef {{ seconds: number, cpuSeconds: number, peakMib: number, growthMib: number }} Upload
 */

/**
 * Uploads 1 GiB to each server, round by round.
 *
 * Errors: `Problem` when a server answers wrongly.
 *
 * @param {readonly import("../harness/rounds.mjs").Contender[]} contenders
 * @param {number} rounds
 * @param {Record<string, string | undefined>} env
 * @param {(line: string) => void} say
 * @returns {Promise<Map<string, Upload[]>>}
 */
export async function measureUploads(contenders, rounds, env, say) {
  /** @type {Map<string, Upload[]>} */
  const all = new Map();
  for (let round = 1; round <= rounds; round += 1) {
    for (const { server, command } of contenders.filter((each) => SERVERS.includes(each.server.name))) {
      const running = await startServer(server.name, command, { core: null, env: { ...env, ...server.env } });
      try {
        const upload = await measureOne(server.name, running);
        all.set(server.name, [...(all.get(server.name) ?? []), upload]);
        say(
          `  ${UPLOADS} ${round}/${rounds} ${server.name}: ${upload.seconds.toFixed(1)} s, peak ${upload.peakMib.toFixed(0)} MiB`,
        );
      } finally {
        await running.stop();
      }
    }
  }
  return all;
}

/** @param {string} name @param {import("../harness/server-process.mjs").RunningServer} running @returns {Promise<Upload>} */
async function measureOne(name, { pid, port }) {
  const before = readPeakMemory(pid) ?? 0;
  const threads = readThreadTimes(pid);
  const startedAt = performance.now();
  const text = await send(port);
  const seconds = (performance.now() - startedAt) / 1000;
  if (text !== `{"bytes":${GIB}}`)
    throw new Problem(`The server ${name} answers an upload wrongly: ${text.slice(0, 200)}`);
  const peak = readPeakMemory(pid) ?? 0;
  return {
    seconds,
    cpuSeconds: totalOf(timeBetween(threads, readThreadTimes(pid))) / 1e9,
    peakMib: peak / 2 ** 20,
    growthMib: (peak - before) / 2 ** 20,
  };
}

/** Sends the form and returns the answer. @param {number} port @returns {Promise<string>} */
async function send(port) {
  const length = HEAD.length + GIB + TAIL.length;
  const headers = {
    "content-type": `multipart/form-data; boundary=${BOUNDARY}`,
    "content-length": String(length),
  };
  const sent = request({ host: "127.0.0.1", port, method: "POST", path: "/uploads", headers });
  const answered = once(sent, "response");
  sent.write(HEAD);
  for (let bytes = 0; bytes < GIB; bytes += PIECE.length) {
    if (!sent.write(PIECE)) await once(sent, "drain");
  }
  sent.end(TAIL);
  const [response] = await answered;
  let text = "";
  for await (const piece of response.setEncoding("utf8")) text += piece;
  return text;
}

/** @param {Map<string, Upload[]>} uploads @returns {string} */
export function showUploads(uploads) {
  /** @param {string} title @param {keyof Upload} figure */
  const column = (title, figure) => ({
    title,
    show: (/** @type {[string, Upload[]]} */ [, all]) => showNumber(median(all.map((one) => one[figure]))),
  });
  /** @type {(import("../harness/table.mjs").Column & { show: (row: [string, Upload[]]) => string })[]} */
  const columns = [
    { title: "server", align: "left", show: ([server]) => server },
    column("seconds", "seconds"),
    column("CPU s", "cpuSeconds"),
    column("peak MiB", "peakMib"),
    column("grown MiB", "growthMib"),
  ];
  return layOutTable(
    columns,
    [...uploads].map((row) => columns.map(({ show }) => show(row))),
  );
}
