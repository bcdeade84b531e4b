// Twinloop's own entry in the benchmark; obeys HOST and PORT as every app does.
import { existsSync } from "node:fs";

const app = new URL("../dist/twinloop.js", import.meta.url);

if (existsSync(app)) {
  await import(app.href);
  const { start } = await import("@twinloop/core-native");
  await start();
} else {
  console.error("The benchmark's app is not built: run `npm run build` in the checkout, then try again.");
  process.exitCode = 1;
}
