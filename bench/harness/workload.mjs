/**
 * A workload: one request, repeated, and the answer that is right.
 *
 * `answer` is the expected JSON text; null where only the status counts, or what `faults` finds wrong with an answer. `handled`:
 * whether the handler may run. `audit` is called before a server starts and gives a function that is told, when the server
 * has stopped, how many requests it answered, and says what work they must have caused and have not; undefined where nothing is missing.
 *
 * @typedef {object} Workload
 * @property {string} name
 * @property {string} method
 * @property {string} target path and query
 * @property {Record<string, string>} headers
 * @property {string} body empty for none
 * @property {number} status
 * @property {string | null} answer
 * @property {(answer: import("./http-request.mjs").Answer) => string[]} [faults]
 * @property {boolean} handled
 * @property {string} [counter] path of the count of handled requests, where the servers keep one
 * @property {number} [connections] instead of what the command line says
 * @property {number} [pipeline] requests that are written at once on each connection; 1 unless given
 * @property {() => Promise<(answered: number) => Promise<string | undefined>>} [audit]
 * @property {number} [idleConnections] that were used once and stay open beside the load
 * @property {Readonly<Record<string, Variant>>} [on] the servers that it runs on, and how their request differs; all of them
 *   unless given
 */

/**
 * What a server is asked instead.
 *
 * @typedef {{ target?: string, idleConnections?: number }} Variant
 */

const schemaBody = {
  someKey: "test",
  someOtherKey: 123,
  requiredKey: [123, 456, 789],
  nullableKey: null,
  multipleTypesKey: true,
  multipleRestrictedTypesKey: "test",
  enumKey: "John",
};

const schemaRequest = {
  method: "POST",
  target: "/schema?name=test&excitement=123",
  counter: "/handled",
  headers: { "content-type": "application/json", "x-foo": "test" },
};

/** @param {number} number */
function item(number) {
  return {
    id: number,
    name: `item number ${number}`,
    // Eighths: their sum is exact in any order, and neither they nor it is a whole number, which Rust writes as 7.0.
    price: number * 0.25 + 0.125,
    tags: ["new", `group-${number % 7}`, "sale"],
    inStock: number % 3 !== 0,
    note: number % 4 === 0 ? null : "seven of these come in a box, and the box comes back",
  };
}

/** Makes the workload of a list of `count` items. @param {string} name @param {number} count */
function list(name, count) {
  const items = Array.from({ length: count }, (_, index) => item(index + 1));
  const total = items.reduce((sum, { price }) => sum + price, 0);
  return {
    name,
    method: "POST",
    target: "/items",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ items }),
    status: 200,
    answer: JSON.stringify({ count, total, last: items.at(-1) }),
    handled: true,
  };
}

/**
 * Makes the workload of one body.
 *
 * @param {string} name @param {string} target @param {unknown} body @param {unknown} answer
 */
function post(name, target, body, answer) {
  const headers = { "content-type": "application/json" };
  const texts = { body: JSON.stringify(body), answer: JSON.stringify(answer) };
  return { name, method: "POST", target, headers, ...texts, status: 200, handled: true };
}

/** Makes the workload of a list of `count` long strings. @param {string} name @param {number} count */
function longStrings(name, count) {
  const words = "seven of these come in a box, and the box comes back; ";
  const strings = Array.from({ length: count }, (_, index) => `${index}: ${words.repeat(18)}`);
  return post(name, "/strings", { strings }, { count, characters: strings.join("").length });
}

/** Makes the workload of a square matrix of numbers. @param {string} name @param {number} size */
function matrix(name, size) {
  // Parts of 1,024, as eighths above: their sum is exact, and the half makes it no whole number.
  const cell = (/** @type {number} */ at) => ((at * 7919) % 1_048_576) / 1024 + (at === 0 ? 0.5 : 0);
  const rows = Array.from({ length: size }, (_, row) =>
    Array.from({ length: size }, (_, column) => cell(row * size + column)),
  );
  return post(
    name,
    "/matrix",
    { rows },
    { count: size, total: rows.flat().reduce((sum, one) => sum + one, 0) },
  );
}

/** @typedef {{ name: string, value: number, children: TreeNode[] }} TreeNode */

/** Makes the workload of a tree of four children each. @param {string} name @param {number} depth */
function tree(name, depth) {
  let count = 0;
  /** @type {(left: number) => TreeNode} */
  const node = (left) => {
    const number = count++;
    const children = left === 0 ? [] : Array.from({ length: 4 }, () => node(left - 1));
    return { name: `node ${number}`, value: number * 0.25 + (number === 0 ? 0.125 : 0), children };
  };
  const root = node(depth);
  return post(name, "/tree", root, { count, total: (count * (count - 1)) / 8 + 0.125 });
}

/** @param {string} name @param {string} target @param {string} answer */
function get(name, target, answer) {
  return { name, method: "GET", target, headers: {}, body: "", status: 200, answer, handled: true };
}

const HELLO = '{"message":"Hello, World!"}';

/**
 * All workloads of the `api` suite, in the order in which they run.
 *
 * Source: hello and schema are the two of Encore's public benchmark, reject is the second one malformed.
 *
 * @type {readonly Workload[]}
 */
export const workloads = [
  get("hello", "/hello", HELLO),
  {
    ...schemaRequest,
    name: "schema",
    body: JSON.stringify(schemaBody),
    status: 200,
    answer: '{"message":"Hello test! 123"}',
    handled: true,
  },
  {
    ...schemaRequest,
    name: "reject",
    body: JSON.stringify({ ...schemaBody, requiredKey: ["a", 1] }),
    status: 400,
    answer: null,
    handled: false,
  },
  list("json-1k", 7),
  list("json-64k", 441),
  longStrings("strings-64k", 64),
  matrix("matrix-64k", 68),
  tree("tree-64k", 5),
  get("timer", "/timer", '{"waitedMs":5}'),
  get("burn", "/burn", '{"burntMicros":50}'),
  { ...get("single", "/hello", HELLO), connections: 1 },
  { ...get("idle", "/hello", HELLO), idleConnections: 1000 },
];
