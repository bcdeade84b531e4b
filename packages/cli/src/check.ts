import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { sortProblems } from "@twinloop/compiler";
import { besides, readApp } from "./app-reading.ts";
import type { Arguments } from "./arguments.ts";
import { reportEnvironment } from "./environment.ts";
import { noEntry, reportProblems, reportSuccess } from "./report.ts";
import { runChecks } from "./source-checks.ts";

/**
 * Runs `twinloop check [entry.ts]`: reads the app and its types, prints all problems, and writes nothing.
 *
 * Shape:  -> the exit code: 0 for an app without problems; 1 for problems, warnings, type errors (unless
 * `--no-types`), or with `--env` an environment in which the app would not start; 2 for an entry file that does not
 * exist.
 */
export async function checkCommand(given: Arguments): Promise<number> {
  const { root, words, env, options = {} } = given;
  if (words[0] !== undefined && !existsSync(resolve(root, words[0]))) return noEntry(root, words[0], "check");
  const { result, problems, types, inventory } = await readApp(given);
  const app = { root, tsconfig: given.tsconfig, entry: words.length === 1 ? words[0] : undefined, options };
  const checked = await runChecks(app, result.manifest);
  const found = sortProblems([...problems, ...result.warnings, ...besides(checked.problems, problems)]);
  const isClean = found.length + types.length === 0;
  if (!isClean) reportProblems([...found, ...types], root);
  const environment = env ? await reportEnvironment(result.manifest, { root, env: process.env }) : 0;
  if (checked.text !== "") process.stdout.write(`${checked.text}\n`);
  if (!isClean) return 1;
  // The words "no problems" stand only where there are none, of the environment either.
  if (environment === 0) reportSuccess(result, root, "no problems");
  if (inventory !== "") process.stdout.write(`${inventory}\n`);
  return environment;
}
