// Measures single pieces of the JavaScript side, and prints nanoseconds as JSON. Its argument says whether the async context is
// in use: from its first use on, Node pays for it at every promise of the process, so each case has a process of its own.
import { buildSerializer, loadManifest, Operation } from "@twinloop/core-native/internal";

const ROUNDS = 15;
const RUNS = 40_000;
/** Requests of one batch, whose handlers wait together. */
const BATCH = 64;
const AWAITS = 5;

const inContext = process.argv[2] === "context";

/** The least of several rounds: whatever else runs can only add to it. @param {() => Promise<void> | void} work of one batch */
async function time(work) {
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round += 1) {
    const began = process.hrtime.bigint();
    for (let done = 0; done < RUNS; done += BATCH) await work();
    least = Math.min(least, Number(process.hrtime.bigint() - began) / (Math.ceil(RUNS / BATCH) * BATCH));
  }
  return least;
}

const answer = { message: "Hello, World!" };

const atOnce = async () => answer;

const waiting = async () => {
  for (let count = 0; count < AWAITS; count += 1) await Promise.resolve();
  return answer;
};

const signalled = async (/** @type {unknown} */ _input, /** @type {Operation} */ operation) =>
  operation.signal.aborted ? undefined : answer;

/** Runs a batch of handlers as the server does. @param {(input: unknown, operation: Operation) => Promise<unknown>} handler */
const handled = (handler) => () =>
  new Promise((resolve) => {
    let left = BATCH;
    for (let id = 0; id < BATCH; id += 1) {
      const operation = new Operation(id);
      const result = inContext ? Operation.run(operation, handler, undefined) : handler(undefined, operation);
      result.then(() => {
        if (inContext) Operation.end(operation);
        left -= 1;
        if (left === 0) resolve(undefined);
      });
    }
  });

/** @param {(value: unknown) => string} serialize @param {unknown} value */
const serialized = (serialize, value) => () => {
  let length = 0;
  for (let count = 0; count < BATCH; count += 1) length += serialize(value).length;
  if (length === 0) throw new Error("nothing was written");
};

/** The checked serializer of an endpoint's answer. @param {string} path */
function serializerOf(path) {
  const { manifest, problems } = loadManifest();
  if (manifest === undefined) throw new Error(problems.map(({ message }) => message).join("; "));
  const body = manifest.endpoints.find((endpoint) => endpoint.path === path)?.response?.body;
  if (typeof body !== "number") throw new Error(`the manifest has no answer of ${path}`);
  return buildSerializer(manifest.types, body);
}

const item = {
  id: 7,
  name: "item number 7",
  price: 1.875,
  tags: ["new", "group-0", "sale"],
  inStock: true,
  note: "seven of these come in a box",
};
const sum = { count: 7, total: 7.875, last: item };

const nanos = {
  handler: await time(handled(atOnce)),
  awaits: await time(handled(waiting)),
  signal: await time(handled(signalled)),
  helloChecked: await time(serialized(serializerOf("/hello"), answer)),
  helloPlain: await time(serialized(JSON.stringify, answer)),
  sumChecked: await time(serialized(serializerOf("/items"), sum)),
  sumPlain: await time(serialized(JSON.stringify, sum)),
};
console.log(JSON.stringify(nanos));
