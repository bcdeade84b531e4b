import { lstatSync, mkdirSync, realpathSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import {
  AppProblem,
  printed,
  Unclear,
  type Command,
  type CommandLine,
  type Result,
} from "@twinloop/core-native/cli";
import { everywhere } from "./encore/differences.ts";
import { migrateEncore } from "./encore/migrate-encore.ts";
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
  encore: { plan: migrateEncore, everywhere, next: "npm install && npx @twinloop/cli check && npm run dev" },
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
      `migrate-from ${Object.keys(origins).join("|")} [folder]`,
      "say what moving an app here changes; with --write, do it",
    ],
  ],
  options: {
    write: { type: "flag", meaning: "write the changes, where all of the folder is committed to git" },
    force: { type: "flag", meaning: "write them in any case" },
    json: { type: "flag", meaning: "print the report for programs" },
  },
  run: (line) => printed(line.options["json"] === true, () => Promise.resolve().then(() => migrate(line))),
};

function migrate({ words, options, root }: CommandLine): Result {
  const { origin, folder } = readWords(words);
  const plan = origin.plan(appFolder(folder, root));
  const isWritten = options["write"] === true && plan.files.size > 0;
  if (isWritten && options["force"] !== true) requireClean(plan.root);
  if (isWritten) writePlan(plan);
  const files = [...plan.files.keys()];
  return {
    value: { root: plan.root, isWritten, files, findings: plan.findings, everywhere: origin.everywhere },
    text: reportText(plan, { ...origin, isWritten }),
    code: plan.findings.some(({ kind }) => kind === "failed") ? 1 : 0,
  };
}

function readWords([from = "", folder, ...more]: readonly string[]): {
  readonly origin: Origin;
  readonly folder: string | undefined;
} {
  const usage = `twinloop migrate-from ${Object.keys(origins).join("|")} [folder] [--write]`;
  if (from === "") throw new Unclear(`Name the framework: ${usage}`);
  const origin = Object.hasOwn(origins, from) ? origins[from] : undefined;
  if (origin === undefined)
    throw new Unclear(`${JSON.stringify(from)} is no framework that apps can come from: ${usage}`);
  if (more.length > 0) throw new Unclear(`One folder at a time: ${usage}`);
  return { origin, folder };
}

function appFolder(folder: string | undefined, root: string): string {
  const path = folder === undefined ? root : resolve(folder);
  try {
    return realpathSync(path);
  } catch {
    throw new AppProblem(`There is no folder ${path}.`);
  }
}

function requireClean(root: string): void {
  const state = gitState(root);
  if (state === "changed")
    throw new AppProblem(
      `${root} has changes that are in no commit. Commit or stash them, so that you can look at those of the migration alone, or add --force.`,
    );
  if (state === "none")
    throw new AppProblem(
      `${root} is in no git work tree, so that nothing could be taken back. Run \`git init\` and commit it, or add --force.`,
    );
}

/**
 * Writes the files of a plan.
 *
 * Errors: `AppProblem` where one of them is a symbolic link, before anything is written: what it leads to may be no part of the app.
 */
export function writePlan(plan: Plan): void {
  const links = [...plan.files.keys()].filter((file) => isLink(join(plan.root, file)));
  if (links.length > 0)
    throw new AppProblem(
      `${links.join(", ")} ${links.length === 1 ? "is a symbolic link" : "are symbolic links"}, and nothing was written: put the file itself in its place.`,
    );
  for (const [file, text] of plan.files) {
    const path = join(plan.root, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
}

function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
}
