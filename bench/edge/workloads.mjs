import { workloads as requests } from "../harness/workload.mjs";

/** What lets each policy do its work: an allowed origin, an encoding to choose, a known caller. */
const GOVERNED = {
  origin: "https://app.example.com",
  "accept-encoding": "gzip, deflate, br, zstd",
  authorization: "Bearer bench",
};

/** @param {string} target @returns {import("../harness/workload.mjs").Variant} */
const at = (target) => ({ target });

/** A workload of the api suite. @param {string} wanted */
const named = (wanted) =>
  /** @type {import("../harness/workload.mjs").Workload} */ (requests.find(({ name }) => name === wanted));

const hello = named("hello");
const schema = named("schema");
const { counter: _, ...uncounted } = schema;

/**
 * The workloads of the suite. Each names the servers that it runs on, because what is compared differs.
 *
 * @type {readonly import("../harness/workload.mjs").Workload[]}
 */
export const workloads = [
  {
    ...hello,
    name: "policies-hello",
    headers: GOVERNED,
    on: { twinloop: {}, governed: at("/governed/hello") },
  },
  {
    ...uncounted,
    name: "policies-schema",
    headers: { ...schema.headers, ...GOVERNED },
    on: { twinloop: {}, governed: at("/governed/schema?name=test&excitement=123") },
  },
  {
    ...hello,
    name: "middleware",
    on: { twinloop: {}, "layers-1": at("/layers/one"), "layers-5": at("/layers/five") },
  },
  {
    ...hello,
    name: "raw",
    on: {
      twinloop: {},
      raw: at("/raw/hello"),
      fetch: at("/fetch/hello"),
      "node-http": {},
      fastify: {},
      hono: {},
    },
  },
  {
    ...hello,
    name: "static-64k",
    target: "/files/64k.bin",
    answer: null,
    on: { files: {}, nginx: {}, "fastify-static": {} },
  },
];
