/**
 * A suite as `--help` tells of it: `minutes` it takes with the default options on two quiet cores, and what `needs` to be there.
 *
 * @typedef {{ name: string, about: string, minutes: number, needs: string, workloads: readonly string[] }} SuiteEntry
 */

const POSTGRES = "DATABASE_URL";

/**
 * Every suite, in the order in which `--help` lists them.
 *
 * @satisfies {readonly SuiteEntry[]}
 */
export const suiteList = /** @type {const} */ ([
  {
    name: "api",
    about: "requests over HTTP beside seven servers",
    minutes: 25,
    needs: "",
    workloads: [
      "hello",
      "schema",
      "reject",
      "json-1k",
      "json-64k",
      "strings-64k",
      "matrix-64k",
      "tree-64k",
      "timer",
      "burn",
      "single",
      "idle",
      "start",
    ],
  },
  {
    name: "techempower",
    about: "the six kinds of the public benchmark, by its rules",
    minutes: 15,
    needs: POSTGRES,
    workloads: ["json", "db", "queries", "fortunes", "updates", "plaintext"],
  },
  {
    name: "sqldb",
    about: "rows over HTTP, queries beside other clients, a long stream",
    minutes: 6,
    needs: POSTGRES,
    workloads: ["rows", "direct", "stream"],
  },
  {
    name: "pubsub",
    about: "messages published and consumed beside other clients",
    minutes: 4,
    needs: `${POSTGRES}, RabbitMQ`,
    workloads: ["rabbitmq", "postgres", "embedded", "http"],
  },
  {
    name: "scale",
    about: "10,000 connections, 1,000 WebSockets, 100 subscriptions, 3,000 endpoints",
    minutes: 20,
    needs: `${POSTGRES}, RabbitMQ, Linux`,
    workloads: ["connections", "websockets", "subscriptions", "endpoints", "cost"],
  },
  {
    name: "footprint",
    about: "each package alone, and all five: installed, imported, idle",
    minutes: 3,
    needs: `${POSTGRES}, Linux`,
    workloads: [],
  },
  {
    name: "capacity",
    about: "what threads and cores carry",
    minutes: 4,
    needs: "Linux",
    workloads: ["hello", "schema", "burn"],
  },
  {
    name: "pieces",
    about: "what request ids, contexts, limits and checks cost",
    minutes: 1,
    needs: "",
    workloads: [],
  },
  {
    name: "websocket",
    about: "echoes beside ws and Bun",
    minutes: 2,
    needs: "",
    workloads: ["echo-64", "echo-1k", "json-1k"],
  },
  {
    name: "edge",
    about: "policies, middleware, raw endpoints, files, uploads",
    minutes: 6,
    needs: "",
    workloads: ["policies-hello", "policies-schema", "middleware", "raw", "static-64k", "upload-1g"],
  },
  { name: "inject", about: "answers without a socket, for tests", minutes: 1, needs: "", workloads: [] },
  {
    name: "telemetry",
    about: "what access log, metrics and traces cost",
    minutes: 7,
    needs: `${POSTGRES} (rows)`,
    workloads: ["hello", "schema", "rows"],
  },
  {
    name: "soak",
    about: "ten million requests with all telemetry on: memory over time",
    minutes: 6,
    needs: "Linux",
    workloads: [],
  },
]);

/** The name of a suite. @typedef {(typeof suiteList)[number]["name"]} SuiteName */

/**
 * The suites as lines of text: name, minutes, what is needed, what is measured.
 *
 * @returns {string}
 */
export function showSuites() {
  return suiteList
    .map(({ name, minutes, about, needs }) => {
      const wants = needs === "" ? "" : ` (${needs})`;
      return `  ${name.padEnd(13)}${String(minutes).padStart(3)} min  ${about}${wants}`;
    })
    .join("\n");
}

/**
 * What `--workloads` may name, by suite, as lines of text.
 *
 * @returns {string}
 */
export function showWorkloads() {
  return suiteList
    .filter(({ workloads }) => workloads.length > 0)
    .map(({ name, workloads }) => `    ${name.padEnd(13)}${workloads.join(", ")}`)
    .join("\n");
}
