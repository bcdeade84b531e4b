import { fileURLToPath } from "node:url";
import { runCommand } from "../../tools/setup/command.mjs";
import { Problem } from "../../tools/setup/problem.mjs";
import { priceOf } from "../capacity/figures.mjs";
import { runSeries, setUp } from "../harness/series.mjs";
import { twinloopServer } from "../harness/server-list.mjs";
import { choose } from "../harness/arguments.mjs";
import { workloads } from "../harness/workload.mjs";
import { pricePieces, showColumns, showPieces, withoutPieces } from "./price-list.mjs";

const WORKLOADS = ["hello"];
const script = fileURLToPath(new URL("javascript.mjs", import.meta.url));
const bench = fileURLToPath(new URL("..", import.meta.url));

/**
 * The `pieces` suite: what each thing costs that a product has and a prototype has not, and what hello would cost without them.
 *
 * @param {import("../harness/arguments.mjs").Arguments} args
 */
export async function piecesSuite(args) {
  const { machine, contenders, programs } = await setUp([twinloopServer]);
  const rust = await nanosOf("the pieces in Rust", programs.pieces, []);
  const plain = await nanosOf("the pieces in JavaScript", process.execPath, [script, "plain"]);
  const context = await nanosOf("the async context", process.execPath, [script, "context"]);
  const pieces = pricePieces(rust, { plain, context });
  const setting = { checks: workloads, env: { DATABASE_URL: undefined, PUBSUB_URL: undefined } };
  const chosen = choose(workloads, WORKLOADS, "workload");
  const [measured] = await runSeries(
    contenders,
    chosen,
    { ...args, unpinned: false },
    { ...setting, program: programs.load },
  );
  console.log(`\nWhat each costs\n\n${showPieces(pieces)}`);
  for (const { workload, measurements } of measured?.results ?? []) {
    const price = priceOf(measurements.get(twinloopServer.name) ?? []);
    if (price !== null) console.log(`\n${showColumns(workload, price, withoutPieces(pieces, price))}`);
  }
  return { machine, series: [{ pieces, rounds: measured?.results ?? [] }] };
}

/** @param {string} what @param {string} program @param {string[]} args */
async function nanosOf(what, program, args) {
  const { code, stdout, stderr } = await runCommand(program, args, { env: { TWINLOOP_ROOT: bench } });
  if (code === 0) return JSON.parse(stdout);
  throw new Problem(`${what} could not be measured: ${stderr.trim()}`);
}
