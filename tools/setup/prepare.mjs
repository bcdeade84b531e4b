import { existsSync } from "node:fs";
import { addonIsBuilt, addonPath, buildAddon } from "./addon.mjs";
import { root } from "./command.mjs";
import { installPackages, packagesAreInstalled } from "./pnpm.mjs";
import { Problem } from "./problem.mjs";
import { missingRustTools } from "./toolchain.mjs";
import { buildPackages, packagesAreBuilt } from "./typescript-packages.mjs";

/**
 * `addon`: which Rust addon is wanted, if any; default `"optimised"`. `packages`: how far the npm side is taken; default
 * `"built"`. `rust`: whether cargo is needed even when the addon is up to date (to run its tests); default false.
 * `peers`: whether the benchmark's peers are installed too; default false.
 *
 * @typedef {{ addon?: import("./addon.mjs").AddonBuild | "none", packages?: "built" | "installed" | "none", rust?: boolean, peers?: boolean }} PrepareOptions
 */

/**
 * Makes the checkout runnable. Does nothing, and says nothing, when no input changed.
 *
 * Errors: `Problem`, with every missing tool in one message, before anything is downloaded.
 *
 * @param {PrepareOptions} [options]
 * @returns {Promise<void>}
 */
export async function prepare({ addon = "optimised", packages = "built", rust = false, peers = false } = {}) {
  const installing = packages !== "none" && !packagesAreInstalled(peers);
  const compiling = addon !== "none" && !addonIsBuilt(addon);
  if (compiling || rust) await requireRust();
  if (installing && compiling && !existsSync(addonPath())) {
    console.log("First run: packages and the Rust addon are fetched and built, which takes a few minutes.");
  }
  const outcomes = await Promise.allSettled([
    installing ? step("npm packages", "installed", () => installPackages(peers)) : undefined,
    compiling ? step("Rust addon", "built", () => buildAddon(addon)) : undefined,
  ]);
  const failed = outcomes.find((outcome) => outcome.status === "rejected");
  if (failed) throw failed.reason;
  if (packages === "built" && !packagesAreBuilt()) await step("TypeScript packages", "built", buildPackages);
}

/**
 * Runs the `build` command.
 *
 * @param {string[]} _args none are known
 * @returns {Promise<number>}
 */
export async function main(_args) {
  const startedAt = performance.now();
  await prepare();
  console.log(`Ready after ${seconds(startedAt)} (${root}).`);
  return 0;
}

async function requireRust() {
  const problems = await missingRustTools();
  if (problems.length > 0) throw new Problem(problems.join("\n"));
}

/**
 * @param {string} subject
 * @param {string} done past participle for the closing line
 * @param {() => Promise<void>} run
 */
async function step(subject, done, run) {
  const startedAt = performance.now();
  console.log(`… ${subject}`);
  await run();
  console.log(`✓ ${subject} ${done} in ${seconds(startedAt)}`);
}

/** @param {number} startedAt */
function seconds(startedAt) {
  return `${((performance.now() - startedAt) / 1000).toFixed(1)} s`;
}
