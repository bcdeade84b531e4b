import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { compilerVersion, packageOfCommand } from "@twinloop/compiler";
import type { Command, CommandLine, CommandOption, OptionValue } from "@twinloop/core-native/cli";
import { appManifest } from "./app-manifest.ts";
import type { Arguments } from "./arguments.ts";
import { buildCommand } from "./build.ts";
import { checkCommand } from "./check.ts";
import { COMMON, parseOptions } from "./command-options.ts";
import { devCommand } from "./dev.ts";
import { migrateFromCommand } from "./migrate-from.ts";
import { packageClis, packageOfWord, whileProvided } from "./package-clis.ts";
import { findRoot } from "./root.ts";
import { schemaCommand } from "./schema.ts";
import { withChecks } from "./source-checks.ts";
import { usageOf } from "./usage.ts";

/** The option of the commands that also run TypeScript's own check. */
const NO_TYPES: Readonly<Record<string, CommandOption>> = {
  "no-types": { type: "flag", meaning: "leave the type check to others" },
};

/** The commands that every app has; other commands come with the app's packages. */
const OWN: Readonly<Record<string, Command>> = {
  check: {
    usage: [
      [
        "check [entry.ts] [--env]",
        "read the app and its types and say what is wrong; with --env, what it reads from the environment",
      ],
    ],
    options: { env: { type: "flag", meaning: "also what the app reads from the environment" }, ...NO_TYPES },
    run: (line) => checkCommand(argumentsOf(line)),
  },
  build: {
    usage: [
      ["build [entry.ts]", "write .twinloop/manifest.json, which a running app needs"],
      ["build --out <folder> [entry.ts…]", "also write JavaScript that plain Node runs"],
    ],
    options: {
      out: { type: "text", value: "<folder>", meaning: "the folder to write JavaScript to" },
      ...NO_TYPES,
    },
    run: (line) => buildCommand(argumentsOf(line)),
  },
  dev: {
    usage: [["dev [entry.ts]", "run the app, and rebuild and restart it at every change"]],
    options: {
      "admin-port": {
        type: "count",
        value: "<port>",
        meaning: "where traces, metrics and the dashboard are served (default: 4040, or the next free one)",
      },
      "no-dashboard": {
        type: "flag",
        meaning: "leave the dashboard out, where `@twinloop/dashboard` is installed",
      },
      ...NO_TYPES,
    },
    run: (line) => devCommand(argumentsOf(line)),
  },
  // Of every app, and of a folder where nothing of ours is installed yet: `npx @twinloop/cli migrate-from encore`.
  "migrate-from": migrateFromCommand,
  schema: schemaCommand,
};

/**
 * Runs one command line.
 *
 * Shape: the words after `twinloop` -> the exit code: 0 for success, 1 for a problem of the app, 2 for one of the command
 *        line.
 */
export async function run(args: readonly string[]): Promise<number> {
  const root = findRoot(rootIn(args));
  const commands = await commandsFor(args, root);
  const known = Object.assign(
    {},
    COMMON,
    ...Object.values(commands).map(({ options }) => options),
  ) as typeof COMMON;
  const parsed = parseOptions(args, known);
  if ("problem" in parsed) return withoutCheck(args, root, known) ?? refused(parsed.problem, root);
  const { options, words } = parsed;
  if (options["version"] === true) return print(`${compilerVersion}\n`);
  const [name, ...rest] = words;
  if (options["help"] === true || name === undefined) return print(usageOf(await allCommands(root)));
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined) return withoutCommand(name, root);
  const stray = Object.keys(options).find((option) => !(option in COMMON) && !(option in command.options));
  if (stray !== undefined) return refused(`\`twinloop ${name}\` has no option --${stray}.`, root);
  const tsconfig = options["tsconfig"] as string | undefined;
  if (tsconfig !== undefined && !existsSync(resolve(root, tsconfig))) {
    const lost = resolve(root, tsconfig);
    process.stderr.write(`There is no tsconfig ${lost}: --tsconfig names a file relative to ${root}.\n`);
    return 2;
  }
  // Whatever of the app's packages a command loads looks there for the app's files, `.env` among them.
  process.env["TWINLOOP_ROOT"] = root;
  return command.run(commandLine(root, rest, options));
}

/**
 * Collects the commands that the command line may name. A line that begins with a command loads that command's
 * package alone, so that a broken package does not keep the others from running; a line that begins with an option
 * loads all.
 */
async function commandsFor(
  args: readonly string[],
  root: string,
): Promise<Readonly<Record<string, Command>>> {
  const [first = "-"] = args;
  if (first.startsWith("-")) return allCommands(root);
  if (first === "check") return { check: await withChecks(OWN["check"]!, root) };
  if (Object.hasOwn(OWN, first)) return { [first]: OWN[first]! };
  const found = await packageOfWord(root, first);
  return found?.cli.commands ?? {};
}

/** All commands: those of every app, then those of its packages. */
async function allCommands(root: string): Promise<Readonly<Record<string, Command>>> {
  const brought = (await packageClis(root)).map(({ cli }) => cli.commands ?? {});
  const check = await withChecks(OWN["check"]!, root);
  return Object.assign({}, OWN, { check }, ...brought) as Record<string, Command>;
}

/** Reads `--root`, which says where commands are found, before the other options can be read. */
function rootIn(args: readonly string[]): string | undefined {
  const at = args.findIndex((word) => word === "--root" || word.startsWith("--root="));
  if (at === -1) return undefined;
  return args[at] === "--root" ? args[at + 1] : args[at]?.slice("--root=".length);
}

/**
 * What a command is given: its words and options, the manifest when it asks, and the resources of the app's packages
 * (`providing`), opened around a piece of work.
 */
function commandLine(
  root: string,
  words: readonly string[],
  options: Readonly<Record<string, OptionValue>>,
): CommandLine {
  const manifest = (): ReturnType<CommandLine["manifest"]> =>
    appManifest(root, options["tsconfig"] as string | undefined);
  return {
    ...{ root, words, options, manifest },
    providing: async (work) =>
      whileProvided(await packageClis(root), { root, manifest: await manifest() }, work),
  };
}

/** The options of the commands that read the app, by name. */
function argumentsOf({ root, words, options }: CommandLine): Arguments {
  return {
    ...{ root, words },
    tsconfig: options["tsconfig"] as string | undefined,
    out: options["out"] as string | undefined,
    types: options["no-types"] !== true,
    adminPort: options["admin-port"] as number | undefined,
    dashboard: options["no-dashboard"] !== true,
    env: options["env"] === true,
    options,
  };
}

/** Reports an unknown command, with the package that would bring it, if any. */
async function withoutCommand(name: string, root: string): Promise<number> {
  const home = packageOfCommand(name);
  if (home === null) return refused(`There is no command ${JSON.stringify(name)}.`, root);
  process.stderr.write(
    `\`twinloop ${name}\` comes with ${home}, which is not installed in ${root}: run \`npm install ${home}\`, or name the app's folder with --root.\n`,
  );
  return 2;
}

/** Reports a flag of `check` whose package is not installed; `undefined` for any other flag. Shape: -> 2, the exit code. */
function withoutCheck(
  [name, ...more]: readonly string[],
  root: string,
  known: Readonly<Record<string, CommandOption>>,
): number | undefined {
  const flags = name === "check" ? more.filter((word) => word.startsWith("--")) : [];
  for (const flag of flags.map((word) => word.slice("--".length))) {
    const home = Object.hasOwn(known, flag) ? null : packageOfCommand(flag);
    if (home === null) continue;
    process.stderr.write(
      `\`twinloop check --${flag}\` comes with ${home}, which is not installed in ${root}: run \`npm install --save-dev ${home}\`.\n`,
    );
    return 2;
  }
  return undefined;
}

/** Writes a problem of the command line and the usage to stderr. Shape: -> 2, the exit code. */
async function refused(problem: string, root: string): Promise<number> {
  process.stderr.write(`${problem}\n\n${usageOf(await allCommands(root))}`);
  return 2;
}

/** Writes a text to stdout. Shape: -> 0, the exit code. */
function print(text: string): number {
  process.stdout.write(text);
  return 0;
}
