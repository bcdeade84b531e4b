import type { Manifest } from "@twinloop/compiler";
import type { EnvironmentReport, Variable } from "@twinloop/core-native/cli";
import { importRuntime } from "./app-package.ts";
import { packageClis } from "./package-clis.ts";

/** The variables that every app reads. */
function commonVariables(): readonly Variable[] {
  return [
    { name: "NODE_ENV", meaning: "production turns development defaults off", default: "development" },
    { name: "LOG_LEVEL", meaning: "trace, debug, info, warn, error, fatal or silent", default: "info" },
    { name: "LOG_FORMAT", meaning: "json or pretty", default: "pretty on a terminal, else json" },
    {
      name: "SHUTDOWN_TIMEOUT",
      meaning: "milliseconds to finish requests and messages in flight",
      default: "10000",
    },
    { name: "TWINLOOP_IO_THREADS", meaning: "threads that do I/O", default: "cores - 1, from 1 to 4" },
  ].map((variable) => ({ ...variable, confidential: false }));
}

/** The app whose environment is described. */
export interface EnvironmentPlace {
  readonly root: string;
  /** The environment of the process, without the variables of `.env` files. */
  readonly env: NodeJS.ProcessEnv;
}

/** One variable as the app would read it here. */
export interface VariableState extends Omit<Variable, "default" | "instead"> {
  /** The value; `null` where the variable is unset, and where the value may hold a password. */
  readonly value: string | null;
  readonly isSet: boolean;
  /** Where the value is from: `environment`, `.env` or `.env.local`; `null` where the variable is unset. */
  readonly origin: string | null;
  /** The value that applies when the variable is unset; `null` when it must be set. */
  readonly default: string | null;
}

/** What the app reads from the environment, and what keeps it from starting there. */
export interface EnvironmentState {
  readonly variables: readonly VariableState[];
  /** Lines of `.env` files that were passed over. */
  readonly remarks: readonly string[];
  readonly problems: readonly { readonly message: string; readonly hint: string }[];
  /** The packages' own texts, such as the table of secrets. */
  readonly texts: readonly string[];
  /** Whether `start()` would refuse. */
  readonly isLacking: boolean;
}

/**
 * Prints the variables that the app reads, their origin, and missing ones. Returns 1 when the app would not start
 * with them.
 */
export async function reportEnvironment(manifest: Manifest, place: EnvironmentPlace): Promise<number> {
  const { variables, remarks, problems, texts, isLacking } = await environmentState(manifest, place);
  const width = Math.max(...variables.map(({ name }) => name.length));
  const lines = variables.map(
    (variable) => `  ${variable.name.padEnd(width)}  ${state(variable)}  (${variable.meaning})`,
  );
  process.stdout.write(`\nread from the environment:\n${lines.join("\n")}\n`);
  for (const remark of remarks) process.stdout.write(`\npassed over: ${remark}\n`);
  for (const { message, hint } of problems) process.stdout.write(`\n${message}\n  ${hint}\n`);
  for (const text of texts) process.stdout.write(`\n${text}\n`);
  return isLacking ? 1 : 0;
}

/** Reads what an app with this manifest finds in an environment. */
export async function environmentState(
  manifest: Manifest,
  { root, env }: EnvironmentPlace,
): Promise<EnvironmentState> {
  const { values, origins, remarks, problems } = await readEnvironment(root, env);
  const clis = await packageClis(root);
  const isProduction = values["NODE_ENV"] === "production";
  const own = clis.flatMap(({ cli }) => cli.variables?.(manifest, isProduction) ?? []);
  const variables = [...commonVariables(), ...own].map((variable) => stateOf(variable, values, origins));
  const reports: EnvironmentReport[] = [];
  for (const { cli } of clis) {
    if (cli.environment !== undefined) reports.push(await cli.environment({ root, manifest }, values));
  }
  const faults = [...problems, ...reports.flatMap((report) => report.problems)];
  const isMissing = variables.some((variable) => variable.default === null && !variable.isSet);
  return {
    ...{ variables, remarks, problems: faults },
    texts: reports.flatMap(({ text }) => (text === "" ? [] : text)),
    isLacking: isMissing || faults.length > 0 || reports.some((report) => report.isLacking),
  };
}

/** What is known of one variable. An empty value counts as unset. */
function stateOf(
  variable: Variable,
  values: NodeJS.ProcessEnv,
  origins: ReadonlyMap<string, string>,
): VariableState {
  const { name, meaning, confidential, default: otherwise = null } = variable;
  const value = valueOf(variable, values);
  const isSet = Boolean(value);
  const origin = isSet ? (origins.get(usedName(variable, values)) ?? "environment") : null;
  return {
    ...{ name, meaning, confidential, isSet, origin, default: otherwise },
    value: value && !confidential ? value : null,
  };
}

/** The environment that the app would have. */
interface ReadEnvironment {
  readonly values: NodeJS.ProcessEnv;
  /** The file that each variable came from, by the variable's name. */
  readonly origins: ReadonlyMap<string, string>;
  /** Remarks on unreadable lines of the files. */
  readonly remarks: readonly string[];
  readonly problems: readonly { readonly message: string; readonly hint: string }[];
}

/** Reads the environment with the app's own runtime; where the app has none, returns the process's environment. */
async function readEnvironment(root: string, env: NodeJS.ProcessEnv): Promise<ReadEnvironment> {
  // A copy, made before the runtime is loaded: loading it feeds the environment of this process.
  const values = { ...env };
  process.env["TWINLOOP_ROOT"] = root;
  const runtime = await importRuntime(root);
  if (runtime === undefined) return { values, origins: new Map(), remarks: [], problems: [] };
  const { origins, remarks } = runtime.feedEnvironment(values, root);
  return { values, origins, remarks, problems: runtime.settle({}, values).problems };
}

/** Returns the name of the variable that holds the value. */
function usedName({ name, instead }: Variable, env: NodeJS.ProcessEnv): string {
  return !env[name] && instead !== undefined && env[instead] ? instead : name;
}

/** The value of a variable, or of the one that may stand in its place. */
function valueOf({ name, instead }: Variable, env: NodeJS.ProcessEnv): string | undefined {
  return env[name] || (instead === undefined ? undefined : env[instead]);
}

/** The words for a variable in the printed table. */
function state({ isSet, value, origin, default: otherwise }: VariableState): string {
  if (isSet) return `${value === null ? "set" : `= ${value}`} [${origin}]`;
  return otherwise === null ? "MISSING" : `unset: ${otherwise}`;
}
