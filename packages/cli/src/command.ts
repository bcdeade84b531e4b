import { parseArgs } from "node:util";
import { buildCommand } from "./build.ts";
import { checkCommand } from "./check.ts";
import { devCommand } from "./dev.ts";
import { migrateCommand, type MigrateOptions } from "./migrate.ts";
import { findRoot } from "./root.ts";
import { secretsCommand } from "./secrets.ts";
import { topicsCommand, type TopicsOptions } from "./topics.ts";
import { compilerVersion } from "@twinloop/compiler";

/** What every command is given. */
export interface Arguments {
  /** The folder that holds the app's package.json. */
  readonly root: string;
  readonly tsconfig: string | undefined;
  /** Words after the command. */
  readonly words: readonly string[];
  /** `check --env`. */
  readonly env: boolean;
  readonly migrate: MigrateOptions;
  readonly topics: TopicsOptions;
}

type Command = (args: Arguments) => Promise<number>;

const COMMANDS: Readonly<Record<string, Command>> = {
  check: checkCommand,
  build: buildCommand,
  dev: devCommand,
  migrate: migrateCommand,
  topics: topicsCommand,
  secrets: secretsCommand,
};

const USAGE = `twinloop ${compilerVersion}

  twinloop check [--env]    read the app and say what is wrong; with --env, what it reads from the environment
  twinloop build            write .twinloop/manifest.json, which a running app needs
  twinloop dev [entry.ts]   run the app, and rebuild and restart it at every change
  twinloop migrate <status|up|down|new <name>|repair>
                            show, apply, undo, write or put right the migrations of the app's databases
  twinloop topics <list|depth [topic/subscription]>
  twinloop topics <dead|redrive|purge> <topic/subscription> [id…]
                            show what waits, read dead letters, deliver them again, delete
  twinloop secrets          where each secret is found, or was looked for; never a value

  --root <folder>           the app's folder (default: the nearest one with a package.json)
  --tsconfig <file>         the tsconfig to use, relative to it

  of migrate:
  --database <name>         which database (default: all, for status and up)
  --migrations <folder>     its folder, instead of the one in the code
  --steps <number>          how many to apply or undo (default: all up, one down)
  --allow-skipped           up: apply also files before one that was applied
  --applied <version>       repair: count it as applied; may be repeated
  --pending <version>       repair: count it as not applied; may be repeated

  of topics and secrets:
  --json                    print JSON, for programs

  of topics:
  --limit <number>          dead: how many (default 20)
  --after <id>              dead: those after this one
  --all                     redrive: all dead letters
  --dead                    purge: the dead letters, instead of what waits
  --yes                     purge: what is deleted is gone, and this says so
`;

/**
 * Runs one command line.
 *
 * Shape: the words after `twinloop` -> the exit code: 0 well, 1 the app has problems, 2 the command line has.
 */
export async function run(words: readonly string[]): Promise<number> {
  const parsed = parse(words);
  if ("problem" in parsed) {
    process.stderr.write(`${parsed.problem}\n\n${USAGE}`);
    return 2;
  }
  const { values, positionals } = parsed;
  if (values.version) return print(compilerVersion + "\n");
  const [name, ...rest] = positionals;
  if (values.help || name === undefined) return print(USAGE);
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!command) {
    process.stderr.write(`There is no command ${JSON.stringify(name)}.\n\n${USAGE}`);
    return 2;
  }
  const numbers = { steps: wholeNumber("steps", values), limit: wholeNumber("limit", values) };
  for (const number of Object.values(numbers)) {
    if (typeof number !== "string") continue;
    process.stderr.write(`${number}\n\n${USAGE}`);
    return 2;
  }
  return command({
    root: findRoot(values.root),
    tsconfig: values.tsconfig,
    words: rest,
    env: values.env ?? false,
    migrate: readMigrateOptions(values, numbers.steps as number | undefined),
    topics: readTopicsOptions(values, numbers.limit as number | undefined),
  });
}

/** A number, nothing, or what is wrong with it. */
function wholeNumber(name: "steps" | "limit", values: Parsed["values"]): number | undefined | string {
  const text = values[name];
  if (text === undefined) return undefined;
  const number = Number(text);
  if (Number.isSafeInteger(number) && number > 0) return number;
  return `--${name} is ${JSON.stringify(text)}, which is not a whole number from 1.`;
}

function readMigrateOptions(values: Parsed["values"], steps: number | undefined): MigrateOptions {
  const { database, migrations, applied = [], pending = [] } = values;
  return { database, migrations, steps, applied, pending, allowSkipped: values["allow-skipped"] ?? false };
}

function readTopicsOptions(values: Parsed["values"], limit: number | undefined): TopicsOptions {
  const { json = false, after, all = false, dead = false, yes = false } = values;
  return { json, limit, after, all, dead, yes };
}

function print(text: string): number {
  process.stdout.write(text);
  return 0;
}

interface Parsed {
  readonly values: {
    root?: string;
    tsconfig?: string;
    env?: boolean;
    help?: boolean;
    version?: boolean;
    database?: string;
    migrations?: string;
    steps?: string;
    "allow-skipped"?: boolean;
    applied?: string[];
    pending?: string[];
    json?: boolean;
    limit?: string;
    after?: string;
    all?: boolean;
    dead?: boolean;
    yes?: boolean;
  };
  readonly positionals: readonly string[];
}

function parse(words: readonly string[]): Parsed | { readonly problem: string } {
  try {
    return parseArgs({
      args: [...words],
      allowPositionals: true,
      options: {
        root: { type: "string" },
        tsconfig: { type: "string" },
        env: { type: "boolean" },
        database: { type: "string" },
        migrations: { type: "string" },
        steps: { type: "string" },
        "allow-skipped": { type: "boolean" },
        applied: { type: "string", multiple: true },
        pending: { type: "string", multiple: true },
        json: { type: "boolean" },
        limit: { type: "string" },
        after: { type: "string" },
        all: { type: "boolean" },
        dead: { type: "boolean" },
        yes: { type: "boolean" },
        help: { type: "boolean", short: "h" },
        version: { type: "boolean", short: "v" },
      },
    });
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}
