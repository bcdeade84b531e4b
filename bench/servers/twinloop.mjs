// Twinloop's own entry in the benchmark; obeys HOST, PORT, DATABASE_URL and PUBSUB_URL as every app does.
import { existsSync } from "node:fs";

const built = (name) => new URL(`../dist/${name}.js`, import.meta.url);

if (existsSync(built("twinloop"))) {
  await import(built("twinloop").href);
  // A service with middleware is refused where its module is not loaded.
  await import(built("layers/layers.service").href);
  // Only where there is a database, or a broker: the other workloads run without.
  if (process.env.DATABASE_URL) await import(built("rows").href);
  const publishing = process.env.PUBSUB_URL ? await import(built("publish").href) : undefined;
  const options = await importEdge(process.env.BENCH_EDGE);
  const { start } = await import("@twinloop/core-native");
  await publishing?.holdMessages();
  await start(options);
} else {
  console.error("The benchmark's app is not built: run `npm run build` in the checkout, then try again.");
  process.exitCode = 1;
}

/**
 * Imports the part of the app that one measurement of the edge suite is about.
 *
 * @param {string | undefined} part
 */
async function importEdge(part) {
  if (part === "governed") return (await import(built("governed").href)).POLICIES;
  if (part) await import(built(part).href);
  return {};
}
