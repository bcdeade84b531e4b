import { problem, SystemCode, type LoadedSecret, type Problem } from "@twinloop/core-native/internal";
import { secretStore } from "@twinloop/core-native/internal";
import { places } from "./places.ts";

/** A secret without a value: every place it was looked for, and what to do. `asked` are providers that do not have it. */
export function missing(
  { name, unusable, attempts }: LoadedSecret,
  asked: readonly string[] = [],
  unasked = 0,
): Problem {
  if (unusable) {
    const { place, why } = attempts.at(-1)!;
    const mend = `Correct what is at that place, or remove it so that the next place is looked at.`;
    return problem(SystemCode.SecretInvalid, `The secret "${name}" cannot be used: ${place} ${why}.`, mend);
  }
  const tried = [
    ...grouped(attempts),
    ...asked.map((provider) => `provider ${provider} (does not have it)`),
    ...(unasked > 0 ? ["providers (only start() asks them)"] : []),
  ];
  const message = `The secret "${name}" was not found. It was looked for in ${tried.join(", ")}.`;
  return problem(SystemCode.SecretMissing, message, howToSet(name, attempts));
}

/** Places that lack it for the same reason, together. */
function grouped(attempts: LoadedSecret["attempts"]): string[] {
  const byReason = new Map<string, string[]>();
  for (const { place, why } of attempts) {
    byReason.set(why, [...(byReason.get(why) ?? []), place.replace(/^environment /, "")]);
  }
  return [...byReason].map(([why, found]) => `${found.join(", ")} (${why})`);
}

function howToSet(name: string, attempts: LoadedSecret["attempts"]): string {
  const variables = attempts
    .filter(({ place }) => place.startsWith("environment ") && !place.endsWith("_FILE"))
    .map(({ place }) => place.slice("environment ".length));
  const variable = variables.at(-1) ?? name;
  const { directory, dotenv } = places();
  const file =
    dotenv.length > 0 ? `add a line ${variable}=… to ${dotenv[0]}` : `mount it as ${directory}/${name}`;
  return `Set ${variable}, or ${file}.`;
}

/** A value that does not fit. */
export function invalidValue(name: string, wrong: string): Problem {
  const [loaded] = secretStore.load([name], places(), false);
  const origin = loaded?.origin ?? "a place unknown";
  return problem(SystemCode.SecretInvalid, `The secret "${name}", from ${origin}, does not fit: ${wrong}.`);
}

/** A name that no variable and no file could have. */
export function invalidName(name: unknown): Problem {
  const mend = "Begin it with a letter, and use letters, digits, _, . and -; at most 128.";
  return problem(SystemCode.ConfigInvalid, `${JSON.stringify(name)} is no name of a secret.`, mend);
}

/** A provider that gave nothing because it failed. */
export function providerFailed(provider: string, error: unknown): Problem {
  const why = error instanceof Error ? error.message : String(error);
  return problem(SystemCode.SecretProviderFailed, `The secret provider "${provider}" failed: ${why}.`);
}
