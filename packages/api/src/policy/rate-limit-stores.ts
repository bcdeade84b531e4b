import { problem, sharedDatabases, SystemCode, type Problem } from "@twinloop/core-native/internal";
import type { PolicyOptions } from "./policy-options.ts";

/** The names of the databases in which rate limits count, each once. */
function storeNames(options: readonly PolicyOptions[]): readonly string[] {
  const names = options.flatMap(({ rateLimit }) =>
    rateLimit && rateLimit.store ? [rateLimit.store.name] : [],
  );
  return [...new Set(names)];
}

/** Finds stores of rate limits that are no database of the app: a problem `config_invalid` for each name. */
export function storeProblems(options: readonly PolicyOptions[]): readonly Problem[] {
  return storeNames(options)
    .filter((name) => !sharedDatabases().some((database) => database.name === name))
    .map((name) => {
      const message = `rateLimit.store is ${JSON.stringify(name)}, which is no database of this app`;
      return problem(
        SystemCode.ConfigInvalid,
        message,
        "Give it an `SQLDatabase` that a module of the app declares.",
      );
    });
}

/**
 * The URLs of the databases in which rate limits count, by name. Starts an embedded server where one is needed.
 *
 * Errors: those of `connect()` of a database; `storeProblems` has refused names of none.
 */
export async function storeUrls(options: readonly PolicyOptions[]): Promise<ReadonlyMap<string, string>> {
  const urls = storeNames(options).map(async (name): Promise<readonly [string, string]> => {
    const database = sharedDatabases().find((one) => one.name === name);
    return [name, (await database?.connect()) ?? ""];
  });
  return new Map(await Promise.all(urls));
}
