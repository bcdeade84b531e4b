import {
  optionFaults,
  optionRule,
  parseDuration,
  secretStore,
  type OptionRule,
  type Problem,
} from "@twinloop/core-native/internal";
import type { Duration } from "@twinloop/core-native";
import { SecretError } from "./error.ts";
import { providerFailed } from "./problem.ts";

/** The values that a provider returns, by name. */
type Values = Readonly<Record<string, string | null | undefined>>;

/** A place of the app's own where secrets are kept, such as a vault or a cloud's secret store. */
export interface SecretProvider {
  /** The provider's name in logs and errors. Default `provider`. */
  readonly name?: string;
  /**
   * Loads the values of names that no other place has. Called by `start()`, and then at each refresh.
   *
   * Shape:  names -> values by name; a name that is left out, `undefined` or `null` has no value.
   */
  readonly load: (names: readonly string[], signal: AbortSignal) => Values | Promise<Values>;
  /** The time limit of one `load`, in milliseconds or as text such as `"10s"`; then its signal aborts. Default 10 s. */
  readonly timeout?: Duration;
}

interface Defined {
  /** The provider's name, as problems and log lines show it. */
  readonly name: string;
  /** Asks the provider for values. */
  readonly load: SecretProvider["load"];
  /** The time limit of one `load`. */
  readonly timeoutMs: number;
}

const TIMEOUT_MS = 10_000;

/** The providers of this isolate, in the order in which they are asked. */
export const providers: Defined[] = [];

/**
 * Adds a provider, which is asked for secrets that no other place has. Providers are asked in the order of definition.
 *
 * Errors: `SecretError` `config_invalid` for an unknown option, a provider without `load` and a timeout that is no duration.
 * Example: `defineSecretProvider({ name: "vault", load: (names, signal) => readVault(names, signal) })`
 */
export function defineSecretProvider(provider: SecretProvider): void {
  requireProvider(provider);
  const { name = "provider", load, timeout = TIMEOUT_MS } = provider;
  const timeoutMs = parseDuration(timeout)!;
  providers.push({ name, load: (names, signal) => load(names, signal), timeoutMs });
}

const rules = {
  name: optionRule.text,
  load: optionRule.function,
  timeout: {
    expected: `${optionRule.duration.expected}, longer than 0`,
    fits: (value) => (parseDuration(value) ?? 0) > 0,
  },
} as const satisfies Record<keyof SecretProvider, OptionRule>;

function requireProvider(provider: SecretProvider): void {
  const faults = optionFaults(provider, rules);
  if (typeof provider?.load !== "function" && !faults.some(({ what }) => what.startsWith("load "))) {
    faults.push({ what: "it has no load", hint: "Give it `load`, a function that returns values by name." });
  }
  if (faults.length === 0) return;
  const whose = `the secret provider "${String(provider?.name ?? "provider")}"`;
  const told = faults.map(({ what, hint }) => `${what}. ${hint}`).join(" ");
  throw new SecretError("config_invalid", `${whose}: ${told}`);
}

/** A value that a provider returned: a candidate that is not in use yet. */
export interface Offered {
  /** The secret's name. */
  readonly name: string;
  /** The number by which the candidate is settled. */
  readonly version: number;
}

/** A provider that failed, and the names that it was asked for. */
interface Failure {
  /** The provider's name. */
  readonly provider: string;
  /** The secrets that it was to give. */
  readonly names: readonly string[];
  /** What `load` threw, or the end of its time. */
  readonly error: unknown;
}

/** The result of asking all providers. */
interface Asked {
  /** The values that are new. */
  readonly offered: Offered[];
  /** The names for which some provider has a value, new or not. */
  readonly given: ReadonlySet<string>;
  /** The failures, as problems of the start. */
  readonly problems: Problem[];
  /** Names without a value, for which a failed provider may have one. */
  readonly unanswered: ReadonlySet<string>;
}

/** Asks the providers one after another for the names that still have no value. */
export async function askProviders(wanted: readonly string[]): Promise<Asked> {
  const offered: Offered[] = [];
  const failures: Failure[] = [];
  const given = new Set<string>();
  for (const provider of providers) {
    const names = wanted.filter((name) => !given.has(name));
    if (names.length === 0) break;
    try {
      const values = await ask(provider, names);
      for (const name of names) {
        const value = Object.hasOwn(values, name) ? values[name] : undefined;
        if (typeof value !== "string" || value === "") continue;
        given.add(name);
        const version = secretStore.offer(name, value, provider.name);
        if (version > 0) offered.push({ name, version });
      }
    } catch (error) {
      failures.push({ provider: provider.name, names, error });
    }
  }
  // A later provider may have returned a name that a failed one was asked for.
  const told = failures.map(({ names, ...rest }) => ({
    ...rest,
    names: names.filter((name) => !given.has(name)),
  }));
  const problems = told.map(({ provider, names, error }) => providerFailed(provider, error, names));
  return { offered, given, problems, unanswered: new Set(told.flatMap(({ names }) => names)) };
}

async function ask({ load, timeoutMs }: Defined, names: readonly string[]): Promise<Values> {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const error = new Error(`no answer within ${timeoutMs} ms`);
      controller.abort(error);
      reject(error);
    }, timeoutMs);
  });
  try {
    const values = await Promise.race([load(names, controller.signal), late]);
    if (typeof values === "object" && values !== null) return values;
    throw new TypeError("its load() returned no object");
  } finally {
    clearTimeout(timer);
  }
}
