import { performance } from "node:perf_hooks";

const ROUND_MS = 400;
const AT_ONCE = 64;

/**
 * Measures one way to ask a server, and prints µs per answer as one line of JSON: the median of several rounds, one request after
 * another (`one`) and 64 at once (`many`).
 *
 * @param {() => Promise<unknown>} ask one request, whose answer is `{ message: "Hello, World!" }`
 * @param {number} [rounds]
 */
export async function measure(ask, rounds = Number(process.argv[2] ?? 7)) {
  const answer = /** @type {{ message?: unknown }} */ (await ask());
  if (answer?.message !== "Hello, World!") throw new Error(`another answer: ${JSON.stringify(answer)}`);
  await timeOf(ask, 1);
  const [one, many] = [await medianOf(ask, 1, rounds), await medianOf(ask, AT_ONCE, rounds)];
  process.stdout.write(`${JSON.stringify({ one, many })}\n`);
}

/** @param {() => Promise<unknown>} ask @param {number} atOnce @param {number} rounds */
async function medianOf(ask, atOnce, rounds) {
  const times = [];
  for (let round = 0; round < rounds; round += 1) times.push(await timeOf(ask, atOnce));
  return times.sort((one, other) => one - other)[Math.floor(rounds / 2)];
}

/** The µs of one answer in a round. @param {() => Promise<unknown>} ask @param {number} atOnce */
async function timeOf(ask, atOnce) {
  const began = performance.now();
  let asked = 0;
  const keepAsking = async () => {
    for (; performance.now() - began < ROUND_MS; asked += 1) await ask();
  };
  await Promise.all(Array.from({ length: atOnce }, keepAsking));
  return ((performance.now() - began) * 1000) / asked;
}
