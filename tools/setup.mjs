import { realpathSync } from "fs";
import { fileURLToPath } from "url";
import { launch } from "./launch.mjs";

/**
 * Makes a checkout runnable: installs the packages, builds the addon and the TypeScript packages, each only
 * when its inputs changed since the last time.
 *
 * Shape:  options -> resolves when all is built. `addon: "none"` leaves the Rust side out.
 * Errors: a `Problem` whose message says what is missing and what to do.
 *
 * @param {import("./setup/prepare.mjs").PrepareOptions} [options]
 * @returns {Promise<void>}
 */
export function setup(options) {
  return import("./setup/prepare.mjs").then((module) => module.prepare(options));
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  launch(() => import("./setup/prepare.mjs"));
}
