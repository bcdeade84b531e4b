// Twinloop's own entry in the benchmark; obeys HOST, PORT and DATABASE_URL as every app does.
import { existsSync } from "node:fs";

const built = (name) => new URL(`../dist/${name}.js`, import.meta.url);

if (existsSync(built("twinloop"))) {
  await import(built("twinloop").href);
  // Only where there is a database: the other workloads run without one.
  if (process.env.DATABASE_URL) await import(built("rows").href);
  const { start } = await import("@twinloop/core-native");
  await start();
} else {
  console.error("The benchmark's app is not built: run `npm run build` in the checkout, then try again.");
  process.exitCode = 1;
}
