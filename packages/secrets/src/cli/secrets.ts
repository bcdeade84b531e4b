import {
  declarationsIn,
  printed,
  table,
  type CommandLine,
  type EnvironmentReport,
  type Manifest,
  type Result,
} from "@twinloop/core-native/cli";
import type { SecretPlace } from "../admin.ts";

/** One secret of the app, with its state in this environment. */
interface Standing extends SecretPlace {
  /** Whether the app starts without a value. */
  readonly optional: boolean;
  /** The file and line of the declaration. */
  readonly at: string;
}

/**
 * Runs `twinloop secrets`, which shows where each secret is found in this environment, never a value.
 *
 * Shape:  exit code 0 when all required secrets are there, 1 when one is missing or the app has problems.
 */
export function secretsCommand(line: CommandLine): Promise<number> {
  return printed(line.options["json"] === true, () => secretsAnswer(line));
}

/** Does the work of `secrets`: the state of each secret, never a value. */
export async function secretsAnswer(line: CommandLine): Promise<Result> {
  const value = await find(await line.manifest());
  return { value, text: describe(value), code: value.some(isLacking) ? 1 : 0 };
}

/** Describes where each secret is found, as a part of `check --env`. */
export async function reportSecrets(manifest: Manifest): Promise<EnvironmentReport> {
  const standings = await find(manifest);
  if (standings.length === 0) return { text: "", problems: [], isLacking: false };
  return { text: `secrets:\n${describe(standings)}`, problems: [], isLacking: standings.some(isLacking) };
}

async function find(manifest: Manifest): Promise<Standing[]> {
  const secrets = declarationsIn(manifest, "@twinloop/secrets", "secret");
  if (secrets.length === 0) return [];
  // Imported late: an app without secrets needs no addon.
  const { findSecrets } = await import("../admin.ts");
  // A secret that is declared twice is required if one of the declarations requires it.
  const byName = new Map(secrets.map((secret) => [secret.name, secret]));
  return findSecrets([...byName.keys()]).map((place) => {
    const { file, line } = byName.get(place.name)!;
    const optional = secrets
      .filter(({ name }) => name === place.name)
      .every(({ options }) => options["optional"] === true || options["default"] === true);
    return { ...place, optional, at: `${file}:${line}` };
  });
}

function isLacking({ found, optional, unusable }: Standing): boolean {
  return found === null && (unusable || !optional);
}

function describe(standings: readonly Standing[]): string {
  if (standings.length === 0) return "the app declares no secret";
  const rows = standings.map((one) => [one.name, one.found ?? state(one), one.at]);
  const problems = standings.filter(isLacking).map(({ problem }) => `\n${problem}`);
  return `${table(["secret", "found in", "declared at"], rows)}${problems.map((text) => `\n${text}`).join("")}`;
}

function state(one: Standing): string {
  if (one.unusable) return "UNUSABLE";
  return one.optional ? "(not set)" : "MISSING";
}
