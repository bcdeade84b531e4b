import { build, type Manifest } from "@twinloop/compiler";
import type * as Secrets from "@twinloop/secrets/admin";
import { importFrom } from "./app-package.ts";
import type { Arguments } from "./command.ts";
import { table } from "./table.ts";

/** One secret of the app. */
interface Standing extends Secrets.SecretPlace {
  readonly optional: boolean;
  /** File and line of its declaration. */
  readonly at: string;
}

/**
 * `twinloop secrets`: where each secret is found in this environment. Never a value.
 *
 * Shape:  0 when all that the app needs are there, 1 when one is missing or the app has problems.
 */
export async function secretsCommand({ root, tsconfig, topics }: Arguments): Promise<number> {
  try {
    const { manifest } = await build(root, tsconfig === undefined ? {} : { tsconfig });
    const standings = await find(root, manifest);
    process.stdout.write(topics.json ? `${JSON.stringify(standings)}\n` : `${describe(standings)}\n`);
    return standings.some(isLacking) ? 1 : 0;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
}

/** The same as a part of `check --env`. */
export async function reportSecrets(root: string, manifest: Manifest): Promise<number> {
  if (manifest.secrets.length === 0) return 0;
  const standings = await find(root, manifest);
  process.stdout.write(`\nsecrets:\n${describe(standings)}\n`);
  return standings.some(isLacking) ? 1 : 0;
}

async function find(root: string, { secrets }: Manifest): Promise<Standing[]> {
  if (secrets.length === 0) return [];
  // The runtime looks there for the app's files, wherever this command was called.
  process.env["TWINLOOP_ROOT"] = root;
  const { findSecrets } = (await importFrom(root, "@twinloop/secrets/admin")) as typeof Secrets;
  // One that is declared twice is needed if one of them needs it.
  const byName = new Map(secrets.map((secret) => [secret.name, secret]));
  return findSecrets([...byName.keys()]).map((place) => {
    const { file, line } = byName.get(place.name)!;
    const declared = secrets.filter(({ name }) => name === place.name);
    return { ...place, optional: declared.every(({ optional }) => optional === true), at: `${file}:${line}` };
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
