import { fileURLToPath } from "node:url";
import { runCommand } from "../../tools/setup/command.mjs";
import { Problem } from "../../tools/setup/problem.mjs";
import { choose } from "../harness/arguments.mjs";
import { showHeldTargets } from "../harness/held-target.mjs";
import { pinningObstacle } from "../harness/pinning.mjs";
import { runRounds } from "../harness/rounds.mjs";
import { findContenders, setUp } from "../harness/series.mjs";
import { layOutTable, showNumber } from "../harness/table.mjs";
import { buildScaleApp } from "./apps.mjs";
import { contendersOf, judgeFlat, panelOf, showPanel } from "./cost.mjs";
import { growths, middleRequest } from "./growth.mjs";
import { brokerEnv, nothingPart, standingParts } from "./parts.mjs";
import { allServers } from "./servers.mjs";
import { measureStanding, showStanding } from "./standing.mjs";

const COST = { name: "cost" };
/** Parts that compare with servers that have nothing. */
const FROM_THE_START = ["subscriptions", "endpoints"];
const USE_BROKER = ["subscriptions", COST.name];
const SUBSCRIPTIONS = 100;
/** What is open in this process and in a server at most, beside the connections. */
const FILES = 11_000;

/** @typedef {import("../harness/arguments.mjs").Arguments} Arguments */
/** @typedef {Awaited<ReturnType<typeof setUp>>["programs"]} Programs */

/**
 * The `scale` suite: what many connections, WebSockets, subscriptions and endpoints cost a server that has nothing to do, and what a
 * request costs as an app grows.
 *
 * Errors: `Problem` off Linux, without `DATABASE_URL`, and where a process may not open enough files.
 *
 * @param {Arguments} args
 */
export async function scaleSuite(args) {
  const parts = choose([...standingParts, COST], args.workloads, "workload").map(({ name }) => name);
  requireRoom(parts);
  const { machine, programs } = await setUp(choose(allServers, args.only, "server"));
  const builds = openBuilds();
  const env = { DATABASE_URL: undefined, PUBSUB_URL: undefined, AMQP_URL: undefined };
  const setting = { args, env, programs, build: builds.build };
  try {
    const series = [];
    const needsNothing = parts.some((name) => FROM_THE_START.includes(name));
    const nothing = needsNothing ? await stand(nothingPart, setting) : [];
    for (const part of standingParts.filter(({ name }) => parts.includes(name))) {
      const compared = FROM_THE_START.includes(part.name) ? { nothing } : {};
      series.push({ part: part.name, stands: await stand(part, setting, compared) });
    }
    if (parts.includes(COST.name)) series.push(await cost(setting));
    console.log(`\nBuilding Twinloop's apps\n\n${builds.show()}`);
    return { machine, series: [...series, { nothing, builds: builds.times }] };
  } finally {
    if (USE_BROKER.some((name) => parts.includes(name))) await removeQueues();
  }
}

/** @param {readonly string[]} parts */
function requireRoom(parts) {
  if (process.platform !== "linux") throw new Problem("The scale suite reads Linux's /proc.");
  if (parts.includes(COST.name) && !process.env["DATABASE_URL"])
    throw new Problem(
      "The cost part of the scale suite needs a PostgreSQL: set DATABASE_URL, or leave it out by --workloads.",
    );
  const limit = Number(/** @type {any} */ (process.report.getReport()).userLimits.open_files.hard);
  if (limit < FILES)
    throw new Problem(
      `A process may open ${limit} files here, and 10,000 connections need ${FILES}: raise it by \`ulimit -n\`.`,
    );
}

/** Builds each app once, and keeps how long it took. */
function openBuilds() {
  /** @type {Map<string, Promise<string>>} */
  const entries = new Map();
  /** @type {Record<string, number>} */
  const times = {};
  const none = { endpoints: 0, subscriptions: 0, cronJobs: 0, database: false };
  /** @type {Promise<unknown>} one after another, so that each has the machine */
  let last = Promise.resolve();
  /** @type {import("./parts.mjs").BuildApp} */
  const build = (shape) => {
    const entry =
      entries.get(shape.name) ??
      last
        .then(() => buildScaleApp({ ...none, ...shape }))
        .then((built) => {
          times[shape.name] = built.buildMs;
          return built.entry;
        });
    entries.set(shape.name, entry);
    last = entry.catch(() => undefined);
    return entry;
  };
  const show = () =>
    layOutTable(
      [{ title: "app", align: "left" }, { title: "seconds" }],
      Object.entries(times).map(([name, ms]) => [name, showNumber(ms / 1000)]),
    );
  return { build, times, show };
}

/** @typedef {{ args: Arguments, env: Record<string, string | undefined>, programs: Programs, build: import("./parts.mjs").BuildApp }} Setting */

/**
 * @param {import("./parts.mjs").StandingPart} part
 * @param {Setting} setting
 * @param {{ nothing?: readonly import("./standing.mjs").Stand[] }} [compared]
 */
async function stand({ title, count, servers, occupy }, { args, env, programs, build }, compared = {}) {
  const contenders = findContenders(wanted(await servers(build), args.only), programs);
  console.log(`\n${title}`);
  const stands = await measureStanding(contenders, { rounds: 1, env, ...(occupy ? { occupy } : {}) });
  console.log(`\n${showStanding(stands, { count, ...compared })}`);
  return stands;
}

/** @param {readonly import("../harness/server-list.mjs").Server[]} servers @param {readonly string[]} only */
const wanted = (servers, only) => servers.filter(({ name }) => only.length === 0 || only.includes(name));

/** @param {Setting} setting */
async function cost({ args, env, programs, build }) {
  const { seconds, warmUpSeconds, connections, rounds } = args;
  const pinned = (await pinningObstacle()) === null;
  const method = { loadProgram: programs.load, seconds, warmUpSeconds, connections, pinned, checks: [], env };
  const panels = [];
  const measured = [];
  for (const { title, steps } of await growths(build, process.env["DATABASE_URL"] ?? "")) {
    const points = steps.flatMap(({ step, servers, variant }) =>
      findContenders(wanted(servers, args.only), programs).map(({ server, command }) => ({
        ...{ server, command, step, variant },
      })),
    );
    const { contenders, workload } = contendersOf(points, { ...middleRequest, name: title });
    const [result] = await runRounds(contenders, [workload], rounds, method, console.log);
    if (result === undefined) continue;
    const panel = panelOf(title, points, result);
    console.log(`\nCPU µs of a request by ${title}\n\n${showPanel(panel)}\n`);
    panels.push(panel);
    measured.push(result);
  }
  const verdicts = panels.map(judgeFlat);
  console.log(`\nTargets\n\n${showHeldTargets(verdicts)}`);
  return { pinned, panels, verdicts, rounds: measured };
}

/** Leaves the broker as it was, as far as it can be reached. */
async function removeQueues() {
  const { AMQP_URL, PUBSUB_URL } = brokerEnv();
  const program = fileURLToPath(new URL("remove-queues.mjs", import.meta.url));
  const cwd = fileURLToPath(new URL("..", import.meta.url));
  const { code, stderr } = await runCommand(process.execPath, [program], { cwd, env: { PUBSUB_URL } });
  if (code !== 0) console.log(`Queues of the suite may be left in the broker: ${stderr.trim()}`);
  const { deleteQueues } = await import("../peers/src/scale-infrastructure.mjs");
  await deleteQueues(AMQP_URL, SUBSCRIPTIONS).catch(() => undefined);
}
