/**
 * The package's contribution to the `twinloop` command. Not for apps.
 *
 * @packageDocumentation
 */
import { declarationsIn, type Command, type Manifest, type PackageCli } from "@twinloop/core-native/cli";

const secrets: Command = {
  usage: [["secrets", "where each secret is found, or was looked for; never a value"]],
  options: { json: { type: "flag", meaning: "print JSON, for programs" } },
  run: async (line) => (await import("./secrets.ts")).secretsCommand(line),
  answer: async (line) => (await import("./secrets.ts")).secretsAnswer(line),
};

/** Lists the variables that hold the app's secrets, which the running app reads again by itself. */
function followed(manifest: Manifest): readonly string[] {
  return declarationsIn(manifest, "@twinloop/secrets", "secret").flatMap(({ name }) => variablesOf(name));
}

/** Lists the variables of a secret: its name, and its name in capitals, as `StripeKey`, `STRIPE_KEY`. */
function variablesOf(name: string): string[] {
  const words = name.replace(/([a-z0-9])([A-Z])/g, "$1_$2").replace(/([A-Z])([A-Z][a-z])/g, "$1_$2");
  return [name, words.toUpperCase().replace(/[^A-Z0-9]/g, "_")];
}

/** The `secrets` command, and the secrets' part of `check --env`. */
export const cli: PackageCli = {
  commands: { secrets },
  followed,
  environment: async ({ manifest }) => (await import("./secrets.ts")).reportSecrets(manifest),
};
