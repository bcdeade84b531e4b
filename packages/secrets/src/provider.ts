import { parseDuration, secretStore, type Problem } from "@twinloop/core-native/internal";
import type { Duration } from "@twinloop/core-native";
import { SecretError } from "./error.ts";
import { providerFailed } from "./problem.ts";

/** What a provider gives: values by name. */
type Values = Readonly<Record<string, string | null | undefined>>;

/** A place of the app's own: a vault, a cloud's store of secrets. */
export interface SecretProvider {
  /** What logs and errors call it. Default `provider`. */
  readonly name?: string;
  /**
   * Gets values for those names that no other place has. Called by `start()`, and then at each refresh.
   *
   * Shape:  names -> values by name; what is left out, `undefined` or `null` is not there.
   */
  readonly load: (names: readonly string[], signal: AbortSignal) => Values | Promise<Values>;
  /** How long one `load` may take, in milliseconds or as text such as `"10s"`. Default 10 s; then its signal aborts. */
  readonly timeout?: Duration;
}

interface Defined {
  readonly name: string;
  readonly load: SecretProvider["load"];
  readonly timeoutMs: number;
}

const TIMEOUT_MS = 10_000;

/** The providers of this isolate, in the order in which they are asked. */
export const providers: Defined[] = [];

/**
 * Adds a place where secrets are looked for after all others. Providers are asked in the order of their definition.
 *
 * Errors: `SecretError` `config_invalid` for a timeout that is no duration.
 * Example: `defineSecretProvider({ name: "vault", load: (names, signal) => readVault(names, signal) })`
 */
export function defineSecretProvider(provider: SecretProvider): void {
  const { name = "provider", load, timeout = TIMEOUT_MS } = provider;
  const timeoutMs = parseDuration(timeout);
  if (timeoutMs === undefined || timeoutMs <= 0) {
    throw new SecretError("config_invalid", `the timeout of the secret provider "${name}" is no duration`);
  }
  providers.push({ name, load: (names, signal) => load(names, signal), timeoutMs });
}

/** A value that a provider gave, as a candidate that is not in use yet. */
export interface Offered {
  readonly name: string;
  readonly version: number;
}

/** Asks the providers one after another for what is still not there. */
export async function askProviders(
  wanted: readonly string[],
): Promise<{ readonly offered: Offered[]; readonly given: Set<string>; readonly problems: Problem[] }> {
  const offered: Offered[] = [];
  const problems: Problem[] = [];
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
      problems.push(providerFailed(provider.name, error));
    }
  }
  return { offered, given, problems };
}

async function ask({ load, timeoutMs }: Defined, names: readonly string[]): Promise<Values> {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const error = new Error(`it gave no answer within ${timeoutMs} ms`);
      controller.abort(error);
      reject(error);
    }, timeoutMs);
  });
  try {
    const values = await Promise.race([load(names, controller.signal), late]);
    if (typeof values === "object" && values !== null) return values;
    throw new TypeError("its load() gave no object");
  } finally {
    clearTimeout(timer);
  }
}
