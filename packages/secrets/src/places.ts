import { join, resolve } from "node:path";
import { appMeta } from "@twinloop/core-native";
import type { SecretSources } from "@twinloop/core-native/internal";

const DIRECTORY = "/run/secrets";

/** `NODE_ENV`s of people who work on the app; elsewhere a forgotten file must not take the place of what is missing. */
const ON_A_DESK = new Set(["development", "test"]);

/** Where this process looks for secrets. */
export function places(): SecretSources {
  const { environment, root } = appMeta();
  const dotenv = ON_A_DESK.has(environment) ? [join(root, ".env.local"), join(root, ".env")] : [];
  const variables = Object.entries(process.env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  return {
    environment: Object.fromEntries(variables),
    directory: resolve(process.env["SECRETS_DIR"] || DIRECTORY),
    dotenv,
  };
}
