import { mkdirSync, realpathSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { Command, CommandLine } from "@twinloop/core-native/cli";
import { everywhere } from "./encore/differences.ts";
import { migrateEncore } from "./encore/migrate-encore.ts";
import { Refusal } from "./failure.ts";
import { migrateMounted } from "./mount/migrate-mounted.ts";
import { everywhere as mountedEverywhere } from "./mount/mount-differences.ts";
import { gitState } from "./git-tree.ts";
import type { Plan } from "./plan.ts";
import { reportText } from "./report.ts";

/** A framework that apps come from. */
interface Origin {
  readonly plan: (root: string) => Plan;
  readonly everywhere: readonly string[];
  readonly next: string;
}

const origins: Readonly<Record<string, Origin>> = {
  encore: { plan: migrateEncore, everywhere, next: "npm install && npx twinloop check && npm run dev" },
  express: mounted("express"),
  fastify: mounted("fastify"),
};

function mounted(framework: "express" | "fastify"): Origin {
  return {
    plan: (root) => migrateMounted(root, framework),
    everywhere: mountedEverywhere,
    next: "npm install, and start the app as before. Then route by route: the guide in the README of @twinloop/migrate-from",
  };
}

/** The command `twinloop migrate-from`. */
export const migrateFrom: Command = {
  usage: [
    [
      `migrate-from ${Object.keys(origins).join("|")} [folder] [--write] [--force]`,
      "say what moving an app here changes; with --write, do it",
    ],
  ],
  options: {
    write: { type: "flag", meaning: "write the changes, where all of the folder is committed to git" },
    force: { type: "flag", meaning: "write them in any case" },
  },
  run: (line) => Promise.resolve(run(line)),
};

function run({ words, options, root }: CommandLine): number {
  const [from = "", folder, ...more] = words;
  const origin = Object.hasOwn(origins, from) ? origins[from] : undefined;
  if (origin === undefined || more.length > 0) {
    const asked = from === "" ? "Name the framework" : origin === undefined ? `${JSON.stringify(from)} is no framework that apps can come from` : "One folder at a time";
    process.stderr.write(`${asked}: twinloop migrate-from ${Object.keys(origins).join("|")} [folder] [--write]\n`);
    return 2;
  }
  try {
    const plan = origin.plan(appFolder(folder, root));
    const isWritten = options["write"] === true && plan.files.size > 0;
    if (isWritten && options["force"] !== true) requireClean(plan.root);
    if (isWritten) writePlan(plan);
    process.stdout.write(reportText(plan, { ...origin, isWritten }));
    return plan.findings.some(({ kind }) => kind === "failed") ? 1 : 0;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 1;
  }
}

function appFolder(folder: string | undefined, root: string): string {
  const path = folder === undefined ? root : resolve(folder);
  try {
    return realpathSync(path);
  } catch {
    throw new Refusal(`There is no folder ${path}.`);
  }
}

function requireClean(root: string): void {
  const state = gitState(root);
  if (state === "changed")
    throw new Refusal(`${root} has changes that are in no commit. Commit or stash them, so that you can look at those of the migration alone, or add --force.`);
  if (state === "none")
    throw new Refusal(`${root} is in no git work tree, so that nothing could be taken back. Run \`git init\` and commit it, or add --force.`);
}

/** Writes the files of a plan. */
export function writePlan(plan: Plan): void {
  for (const [file, text] of plan.files) {
    const path = join(plan.root, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
}
