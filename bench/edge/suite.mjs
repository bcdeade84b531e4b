import { randomBytes } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../tools/setup/command.mjs";
import { choose } from "../harness/arguments.mjs";
import { showFigures, summarise } from "../harness/figures.mjs";
import { runSeries, setUp } from "../harness/series.mjs";
import { servers } from "./servers.mjs";
import { measureUploads, showUploads, UPLOADS } from "./uploads.mjs";
import { workloads } from "./workloads.mjs";

/**
 * The `edge` suite: what policies, middleware, raw endpoints, files and uploads cost, each beside what it is compared with.
 *
 * @param {import("../harness/arguments.mjs").Arguments} args
 */
export async function edgeSuite(args) {
  const named = choose([...workloads, { name: UPLOADS }], args.workloads, "workload");
  const loads = workloads.filter((workload) => named.includes(workload));
  const wanted = new Set(loads.flatMap(({ on = {} }) => Object.keys(on)));
  if (named.length > loads.length) for (const name of ["files", "busboy"]) wanted.add(name);
  const chosen = choose(servers, args.only, "server").filter(({ name }) => wanted.has(name));
  const { machine, contenders, programs } = await setUp(chosen);
  writeFiles();
  const env = { DATABASE_URL: undefined, PUBSUB_URL: undefined, AMQP_URL: undefined };
  const series = await runSeries(contenders, loads, args, { checks: [], env, program: programs.load });
  const reported = series.map(({ pinned, results }) => {
    const summaries = results.map((rounds) => ({
      workload: rounds.workload,
      servers: summarise(rounds, firstOf(rounds)),
    }));
    for (const [index, { workload, servers: figures }] of summaries.entries()) {
      console.log(`\n${workload}\n\n${showFigures(figures, firstOf(results[index]))}`);
    }
    return { pinned, summaries, verdicts: [], rounds: results };
  });
  if (named.length === loads.length) return { machine, series: reported };
  const uploads = await measureUploads(contenders, args.rounds, env, console.log);
  console.log(`\n${UPLOADS}\n\n${showUploads(uploads)}`);
  return { machine, series: [...reported, { pinned: false, uploads }] };
}

/** The server that the others of a workload are compared with. @param {import("../harness/rounds.mjs").WorkloadRounds | undefined} rounds */
function firstOf(rounds) {
  return [...(rounds?.measurements.keys() ?? [])][0] ?? "";
}

/** Writes the file of the static workload, of random bytes, so that nobody can shorten it. */
function writeFiles() {
  const folder = join(root, "bench/dist/files");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "64k.bin"), randomBytes(65_536));
}
