// Twinloop's own entry in the benchmark; obeys HOST, PORT, DATABASE_URL and PUBSUB_URL as every app does.
import { existsSync } from "node:fs";

const built = (name) => new URL(`../dist/${name}.js`, import.meta.url);

if (existsSync(built("twinloop"))) {
  await import(built("twinloop").href);
  // A service with middleware is refused where its module is not loaded, and its middleware where it is around nothing.
  await import(built("layers/layers").href);
  // Only where there is a database, or a broker: the other workloads run without.
  if (process.env.DATABASE_URL) await import(built("rows").href);
  const publishing = process.env.PUBSUB_URL ? await import(built("publish").href) : undefined;
  const options = await importPart(process.env.BENCH_PART);
  const { start } = await import("@twinloop/core-native");
  await publishing?.holdMessages();
  await start(options).catch(fail);
} else {
  console.error("The benchmark's app is not built: run `npm run build` in the checkout, then try again.");
  process.exitCode = 1;
}

/** Tells what keeps the app from starting where the harness looks: the log goes to standard output, which it leaves alone. */
function fail(error) {
  console.error(error.message);
  process.exit(1);
}

/**
 * Imports the part of the app that a measurement is about, and gives the options that it starts with.
 *
 * @param {string | undefined} part
 */
async function importPart(part) {
  return part ? (await import(built(part).href)).OPTIONS : undefined;
}
