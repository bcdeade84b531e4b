import type { Manifest } from "@twinloop/schema";
import type { Result } from "./result.ts";

/**
 * A package's contribution to the `twinloop` command: exported as `cli` by the module that its package.json names as
 * `twinloop.cli`.
 */
export interface PackageCli {
  /** Commands by their first word: `topics`. */
  readonly commands?: Readonly<Record<string, Command>>;
  /** The environment variables that matter to an app with these declarations. */
  variables?(manifest: Manifest, isProduction: boolean): readonly Variable[];
  /** Describes the package's declarations for `check` and `build`, with the problems that keep the app from starting. */
  inventory?(app: AppOnDisk): Promise<AppInventory>;
  /** Describes places other than environment variables for `check --env`, with the problems of this environment. */
  environment?(app: AppOnDisk, values: NodeJS.ProcessEnv): Promise<EnvironmentReport>;
  /** Opens resources that commands of other packages use, such as the app's databases, until `close`. */
  provide?(app: AppOnDisk): Promise<Provided>;
  /** Lists variables that the running app follows by itself, so that `dev` does not restart the app for them. */
  followed?(manifest: Manifest): readonly string[];
  /** Checks of the sources that go beyond their types, by the flag of `check` that asks for them: `sql`. `dev` runs all. */
  readonly checks?: Readonly<Record<string, SourceCheck>>;
}

/** A check of an app's sources that takes longer than reading them, so that it is asked for. */
export interface SourceCheck {
  /** What the check does, for `--help`. */
  readonly meaning: string;
  /** Further options of `check` that belong to it. */
  readonly options?: Readonly<Record<string, CommandOption>>;
  /** Opens the check of one app; nothing is read or started yet. */
  open(app: CheckedApp): OpenCheck;
}

/** An app that is about to be checked. */
export interface CheckedApp {
  /** The folder that holds the app's package.json, absolute. */
  readonly root: string;
  /** The tsconfig of `--tsconfig`, relative to the root. */
  readonly tsconfig?: string | undefined;
  /** The file that starts the app, relative to the root. */
  readonly entry?: string | undefined;
  /** The options of the command line. */
  readonly options: Readonly<Record<string, OptionValue>>;
}

/** A check that stays open between edits. */
export interface OpenCheck {
  /**
   * Checks the app; what cannot be checked at all, for want of a server for instance, is a fault too.
   *
   * Shape:  the manifest of the sources, and the absolute paths of the files that have changed since the last time, `null` for all.
   */
  check(manifest: Manifest, changed: readonly string[] | null): Promise<CheckOutcome>;
  /** Whether the check reads a file that is no source, by its absolute path: a migration. Known after the first check. */
  concerns?(path: string): boolean;
  /** Releases what the check holds. Idempotent. */
  close(): Promise<void>;
}

/** What a check has found. */
export interface CheckOutcome {
  /** One line on what was checked and what was not; empty for nothing. */
  readonly text: string;
  readonly problems: readonly SourceFault[];
}

/** An app as commands see it: its folder and its manifest. */
export interface AppOnDisk {
  /** The folder that holds the app's package.json, absolute. */
  readonly root: string;
  readonly manifest: Manifest;
}

/** Resources that are open for the time of a command. */
export interface Provided {
  /** Closes the declared resources; called once, when the command has ended. */
  close(): Promise<void>;
}

/** One command, with its texts for `--help`. */
export interface Command {
  /** Lines of the usage: the words after `twinloop`, and what they do. */
  readonly usage: readonly (readonly [words: string, meaning: string])[];
  /** Options by name, without those that every command takes: `root`, `tsconfig`, `help`, `version`. */
  readonly options: Readonly<Record<string, CommandOption>>;
  /**
   * Does the work and prints; resolves with the exit code: 0 for success, 1 for a problem of the app, 2 for one of
   * the command line.
   */
  run(line: CommandLine): Promise<number>;
  /** Does the same work for a program, as the server for AI agents: prints nothing, and rejects where `run` prints an error. */
  answer?(line: CommandLine): Promise<Result>;
}

/** An option of a command. */
export interface CommandOption {
  /** The kind of the option's value: `count` is a whole number from 1; `list` may be repeated. */
  readonly type: "flag" | "text" | "list" | "count";
  /** The placeholder of the value in the usage: `<name>`. */
  readonly value?: string;
  /** What the option does; starts with the words that take it, as in `peek, dead: how many (default 20)`. */
  readonly meaning: string;
}

/** The value of an option; undefined where it is not given. */
export type OptionValue = string | number | boolean | readonly string[] | undefined;

/** A command line that was read, and the app that it is about. */
export interface CommandLine {
  /** The folder that holds the app's package.json, absolute. */
  readonly root: string;
  /** The words after the command. */
  readonly words: readonly string[];
  readonly options: Readonly<Record<string, OptionValue>>;
  /** Returns the app's manifest: compiled from its sources where they exist, else as it was built. */
  manifest(): Promise<Manifest>;
  /** Runs `work` while the resources that the app's packages provide are open, such as databases. */
  providing<T>(work: () => Promise<T>): Promise<T>;
}

/** One variable that the app reads. */
export interface Variable {
  readonly name: string;
  readonly meaning: string;
  /** The value that applies when the variable is unset; `undefined` when it must be set. */
  readonly default: string | undefined;
  /** Whether the value may hold a password, so that it is not printed. */
  readonly confidential: boolean;
  /** The variable that is read when this one is unset. */
  readonly instead?: string;
}

/** Something that keeps the app from starting, at a place in the app. */
export interface CommandFault {
  /** The problem's code, such as `cron_invalid`. */
  readonly code: string;
  /** The file, relative to the app's folder; empty where there is no place. */
  readonly file: string;
  /** The line, from 1; 0 for the whole file. */
  readonly line: number;
  readonly message: string;
  readonly hint?: string;
}

/** A fault at an exact place of a line. */
export interface SourceFault extends CommandFault {
  /** The column in UTF-16 code units, from 1. */
  readonly column: number;
  /** The length of the faulty text on its line, in UTF-16 code units. */
  readonly length: number;
}

/** A package's declarations as `check` prints them. */
export interface AppInventory {
  /** Printed after the count of declarations; empty for nothing. */
  readonly text: string;
  readonly problems: readonly CommandFault[];
}

/** A package's part of `check --env`, beside environment variables. */
export interface EnvironmentReport {
  /** Printed as it is; empty for nothing. */
  readonly text: string;
  /** What would keep the app from starting, printed with its next step. */
  readonly problems: readonly { readonly message: string; readonly hint: string }[];
  /** Whether something is missing, as the text says. */
  readonly isLacking: boolean;
}
