import {
  problem,
  SystemCode,
  type LoadedSecret,
  type OptionFault,
  type Problem,
} from "@twinloop/core-native/internal";
import { secretStore } from "@twinloop/core-native/internal";
import { places } from "./places.ts";

/**
 * Describes a secret without a value: every place that was searched, and a hint. `asked` are providers that do not
 * have it.
 */
export function missing(
  { name, unusable, attempts }: LoadedSecret,
  asked: readonly string[] = [],
  unasked = 0,
): Problem {
  if (unusable) {
    const { place, why } = attempts.at(-1)!;
    const hint = `Correct what is at that place, or remove it so that the next place is looked at.`;
    return problem(SystemCode.SecretInvalid, `The secret "${name}" cannot be used: ${place} ${why}.`, hint);
  }
  const tried = [
    ...grouped(attempts),
    ...asked.map((provider) => `provider ${provider} (does not have it)`),
    ...(unasked > 0 ? ["providers (only start() asks them)"] : []),
  ];
  const message = `The secret "${name}" was not found. It was looked for in ${tried.join(", ")}.`;
  return problem(SystemCode.SecretMissing, message, howToSet(name, attempts));
}

/** Groups places that lack the secret for the same reason. */
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

/** Describes a value that does not fit its schema. */
export function invalidValue(name: string, wrong: string): Problem {
  const [loaded] = secretStore.load([name], places(), false);
  const origin = loaded?.origin ?? "a place unknown";
  return problem(SystemCode.SecretInvalid, `The secret "${name}", from ${origin}, does not fit: ${wrong}.`);
}

/** Describes a name that no variable and no file can have. */
export function invalidName(name: unknown): Problem {
  const hint = "Begin it with a letter, and use letters, digits, _, . and -; at most 128.";
  return problem(SystemCode.ConfigInvalid, `${JSON.stringify(name)} is no name of a secret.`, hint);
}

/** Describes unknown and wrongly typed options of a secret. */
export function invalidOptions(name: string, faults: readonly OptionFault[]): Problem {
  const what = faults.map((fault) => fault.what).join("; ");
  const hint = faults.map((fault) => fault.hint).join(" ");
  return problem(SystemCode.ConfigInvalid, `The secret "${name}": ${what}.`, hint);
}

/** Describes a provider that did not answer, with the names that it was asked for. */
export function providerFailed(provider: string, error: unknown, names: readonly string[]): Problem {
  const why = error instanceof Error ? error.message : String(error);
  const asked = names.length === 0 ? "" : ` It was asked for ${names.join(", ")}.`;
  const message = `The secret provider "${provider}" did not answer: ${why}.${asked}`;
  return problem(SystemCode.SecretProviderFailed, message);
}
