import { prepare } from "../setup/prepare.mjs";
import { Problem } from "../setup/problem.mjs";
import { passesAlone, runFailuresAlone } from "./alone.mjs";
import { provideNats } from "./nats.mjs";
import { providePostgres, startEmbedded } from "./postgres.mjs";
import { provideRabbitmq } from "./rabbitmq.mjs";
import { chooseRoom, usesServices } from "./rooms.mjs";
import { runRustSuite } from "./rust-suite.mjs";
import { foundTests, sum, summarize } from "./tally.mjs";
import { runVitestSuite } from "./vitest-suite.mjs";

/**
 * Runs the `test` command: all suites of both languages, or those of one room.
 *
 * Shape: `[]` or `["schema"]` -> 0 when nothing failed. The last line printed is `N passed, N failed`.
 *
 * @param {string[]} args
 * @returns {Promise<number>}
 */
export async function main(args) {
  const room = chooseRoom(args[0]);
  const trouble = await prepare(needsOf(room)).then(() => null, problemMessage);
  if (trouble !== null) {
    const unprepared = { suite: "set-up", passed: 0, failed: 1, failures: [], skipped: [], trouble };
    console.log(`\n${summarize([unprepared]).join("\n")}`);
    return 1;
  }
  const tallies = room === null || usesServices(room) ? await runOnServices(room) : await runBoth(room, {});
  const counted = room === null ? tallies : withoutEmptyTwin(tallies);
  console.log(`\n${summarize(counted).join("\n")}`);
  return sum(counted).failed === 0 ? 0 : 1;
}

/**
 * @param {import("./rooms.mjs").Room | null} room
 * @param {Record<string, string>} env
 */
async function runBoth(room, env) {
  const tallies = [];
  // One after the other: both fill every core, and tests with time limits suffer from a crowd.
  if (room === null || room.crate !== null) tallies.push(...(await runRustSuite(room?.crate ?? null, env)));
  if (room === null || room.project !== null)
    tallies.push(await runVitestSuite(room?.project ?? null, { env }));
  return runFailuresAlone(tallies, passesAlone(env));
}

/** The tests that run on every kind of server, by room; the other tests of these rooms start servers of their own. */
const BEHAVIOUR = new Map([
  ["sqldb", ["query", "transaction", "channel", "fault", "lifecycle", "orm"]],
  ["migrations", ["migrations"]],
]);

/**
 * Lists the test files of a room that run on the embedded server too.
 *
 * @param {import("./rooms.mjs").Room | null} room
 * @returns {string[]} files; none where the room has no such tests
 */
function behaviourOf(room) {
  return [...BEHAVIOUR]
    .filter(([name]) => room === null || room.project === name)
    .flatMap(([name, files]) => files.map((file) => `packages/${name}/test/${file}.test.ts`));
}

/** @param {import("./rooms.mjs").Room | null} room */
async function runOnServices(room) {
  const [server, broker, nats] = await Promise.all([providePostgres(), provideRabbitmq(), provideNats()]);
  console.log(`PostgreSQL for the tests: ${server.origin}`);
  console.log(`RabbitMQ for the tests: ${broker?.origin ?? NO_BROKER}`);
  console.log(`NATS for the tests: ${nats?.origin ?? NO_NATS}`);
  const env = {
    DATABASE_URL: server.url,
    ...(broker === null ? { WITHOUT_RABBITMQ: NO_BROKER } : { AMQP_URL: broker.url, ...broker.env }),
    ...(nats === null ? { WITHOUT_NATS: NO_NATS } : { NATS_URL: nats.url }),
  };
  const stop = () => Promise.all([server.stop(), broker?.stop(), nats?.stop()]);
  const tallies = await runBoth(room, env).finally(stop);
  const files = behaviourOf(room);
  if (server.origin === "the embedded server" || files.length === 0) return tallies;
  const embedded = await startEmbedded();
  const options = { suite: "on the embedded server", files, env: { DATABASE_URL: embedded.url } };
  const passes = passesAlone(options.env);
  const onEmbedded = async () =>
    runFailuresAlone([await runVitestSuite(room?.project ?? null, options)], passes);
  return [...tallies, ...(await onEmbedded().finally(embedded.stop))];
}

const NO_BROKER =
  "none: install rabbitmq-server or set AMQP_URL; THE TESTS THAT NEED IT ARE LEFT OUT, and named below as skipped";
const NO_NATS =
  "none: install nats-server or set NATS_URL; THE TESTS THAT NEED IT ARE LEFT OUT, and named below as skipped";

/** @param {unknown} error @returns {string} what to tell; anything but a `Problem` is a bug and goes on */
function problemMessage(error) {
  if (error instanceof Problem) return error.message;
  throw error;
}

/**
 * @param {import("./rooms.mjs").Room | null} room
 * @returns {import("../setup/prepare.mjs").PrepareOptions}
 */
function needsOf(room) {
  if (room === null) return { addon: "tests", rust: true };
  const rust = room.crate !== null;
  if (room.project === null) return { rust, addon: "none", packages: "none" };
  // The tools run before anything is built, and so do their tests.
  if (room.project === "tools") return { addon: "none", packages: "installed" };
  return { addon: "quick", rust };
}

/**
 * Drops the empty count of a language in which the room has no tests; a room without any test is a failure.
 *
 * @param {import("./tally.mjs").Tally[]} tallies
 */
function withoutEmptyTwin(tallies) {
  const found = tallies.filter(foundTests);
  return found.length === 0 ? tallies.slice(0, 1) : found;
}
