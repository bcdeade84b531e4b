import { Problem } from "../../tools/setup/problem.mjs";
import { showSuites, showWorkloads, suiteList } from "./suite-list.mjs";

/** The verb that measures nothing: it writes what documents quote. */
export const TABLES = "tables";

/**
 * The parsed command line: which `suite`, and how it is run.
 *
 * `seconds` of load in each measurement, `warmUpSeconds` of unmeasured load before it, `rounds` over all servers,
 * `messages` that a client publishes and consumes in each measurement of the pubsub suite, `requests` of the soak suite, `only` names
 * of servers and clients, `workloads` names of workloads (empty: all), `unpinned`: a second series without
 * pinning, `chart`: where a chart of the suite is written (empty: nowhere), `beside`: the folder of another checkout,
 * whose Twinloop is measured in the same rounds of the api, sqldb and techempower suites (empty: none).
 *
 * @typedef {object} Arguments
 * @property {import("./suite-list.mjs").SuiteName | typeof TABLES} suite
 * @property {number} seconds
 * @property {number} warmUpSeconds
 * @property {number} rounds
 * @property {number} connections
 * @property {number} messages
 * @property {number} requests
 * @property {string[]} only
 * @property {string[]} workloads
 * @property {boolean} unpinned
 * @property {string} chart
 * @property {string} beside
 * @property {boolean} help
 */

export const USAGE = `usage: npm run bench -- [suite] [options]

Suites, and how long each takes by default on two quiet cores; \`--seconds 1 --rounds 1\` is a look in a tenth of it:

${showSuites()}

\`npm run bench -- ${TABLES}\` measures nothing: it writes the tables of README.md and bench/README.md and the charts of docs/bench
out of the latest whole run of each suite in bench/results (all servers, all workloads, 3 rounds of 4 seconds or more).

Options:

  --seconds N        load in each measurement (default 4)
  --warm-up N        unmeasured seconds of load before it (default 1)
  --rounds N         rounds over all servers; figures are medians over them (default 3)
  --connections N    keep-alive connections, one request in flight on each (default 64)
  --messages N       with pubsub: messages in each measurement (default 20000)
  --requests N       with soak: how many (default 10000000)
  --only A,B         only these servers or clients; with footprint of api, sqldb, pubsub, cron, secrets, all;
                     with inject of call, request, fetch, fastify, hono
  --workloads A,B    only these:
${showWorkloads()}
  --unpinned         a second series with nothing pinned to a core
  --beside FOLDER    with api, sqldb and techempower: the Twinloop of another checkout, built there by \`npm run build\`, in the
                     same rounds
  --chart FILE       with api, techempower and scale: a chart, as SVG
  --help             this text

DATABASE_URL names the PostgreSQL of the suites that need one, AMQP_URL the RabbitMQ (default: the one on this machine).`;

/** @type {Record<string, (value: string, read: Arguments) => void>} */
const OPTIONS = {
  "--seconds": (value, read) => (read.seconds = positive("--seconds", value)),
  "--warm-up": (value, read) => (read.warmUpSeconds = positive("--warm-up", value)),
  "--rounds": (value, read) => (read.rounds = positiveInteger("--rounds", value)),
  "--connections": (value, read) => (read.connections = positiveInteger("--connections", value)),
  "--messages": (value, read) => (read.messages = positiveInteger("--messages", value)),
  "--requests": (value, read) => (read.requests = positiveInteger("--requests", value)),
  "--only": (value, read) => (read.only = names("--only", value)),
  "--chart": (value, read) => (read.chart = file("--chart", value)),
  "--beside": (value, read) => (read.beside = file("--beside", value)),
  "--workloads": (value, read) => (read.workloads = names("--workloads", value)),
};

/**
 * Reads the command line.
 *
 * Shape:  words after the program's name; an option's value follows as the next word or after `=`.
 * Errors: `Problem` for an unknown suite or option and for a value that does not fit.
 *
 * @param {readonly string[]} words
 * @returns {Arguments}
 */
export function readArguments(words) {
  /** @type {Arguments} */
  const read = {
    suite: "api",
    seconds: 4,
    warmUpSeconds: 1,
    rounds: 3,
    connections: 64,
    messages: 20_000,
    requests: 10_000_000,
    only: [],
    workloads: [],
    unpinned: false,
    chart: "",
    beside: "",
    help: false,
  };
  const rest = [...words];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const [option = "", inline] = word.split(/=(.*)/s, 2);
    if (word === "--") continue;
    else if (word === "--help") read.help = true;
    else if (word === "--unpinned") read.unpinned = true;
    else if (OPTIONS[option] !== undefined) OPTIONS[option](inline ?? rest.shift() ?? "", read);
    else read.suite = suiteNamed(word);
  }
  return read;
}

/** @param {string} word @returns {Arguments["suite"]} */
function suiteNamed(word) {
  if (word === TABLES) return TABLES;
  const suite = suiteList.find(({ name }) => name === word);
  if (suite !== undefined) return suite.name;
  const kind = word.startsWith("-") ? "option" : "suite";
  throw new Problem(`There is no ${kind} \`${word}\` to measure with.\n\n${USAGE}`);
}

/** @param {string} option @param {string} value @returns {number} */
function positive(option, value) {
  const number = value.trim() === "" ? Number.NaN : Number(value);
  if (Number.isFinite(number) && number > 0) return number;
  throw new Problem(`\`${option}\` wants a number above 0, and got \`${value}\`.`);
}

/** @param {string} option @param {string} value @returns {number} */
function positiveInteger(option, value) {
  const number = positive(option, value);
  if (Number.isInteger(number)) return number;
  throw new Problem(`\`${option}\` wants a whole number, and got \`${value}\`.`);
}

/** @param {string} option @param {string} value @returns {string} */
function file(option, value) {
  if (value !== "") return value;
  throw new Problem(`\`${option}\` wants the name of a file or folder.`);
}

/** @param {string} option @param {string} value @returns {string[]} */
function names(option, value) {
  const list = value
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
  if (list.length > 0) return list;
  throw new Problem(`\`${option}\` wants names, separated by commas.`);
}

/**
 * The members of `all` that were named, in the order of `all`; all of them when none was.
 *
 * @template {{ name: string }} T
 * @param {readonly T[]} all
 * @param {readonly string[]} chosen
 * @param {string} kind what they are called in the error
 * @returns {T[]}
 */
export function choose(all, chosen, kind) {
  const known = all.map(({ name }) => name);
  const unknown = chosen.find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new Problem(`There is no ${kind} \`${unknown}\`; there is ${known.join(", ")}.`);
  return all.filter(({ name }) => chosen.length === 0 || chosen.includes(name));
}
