import { join, resolve } from "node:path";
import { appMeta } from "@twinloop/core-native";
import { fedEnvironment, type SecretSources } from "@twinloop/core-native/internal";

const DIRECTORY = "/run/secrets";

/** The values of `NODE_ENV` in which `.env` files are read; elsewhere a forgotten file must not replace a missing secret. */
const ON_A_DESK = new Set(["development", "test"]);

/** Returns the places that this process searches for secrets. */
export function places(): SecretSources {
  const { environment, root } = appMeta();
  const dotenv = ON_A_DESK.has(environment.name) ? [join(root, ".env.local"), join(root, ".env")] : [];
  const variables = Object.entries(process.env).filter(
    // Variables that came from a `.env` file are read from the file, which is followed while the app runs.
    (entry): entry is [string, string] => entry[1] !== undefined && !fedEnvironment.origins.has(entry[0]),
  );
  return {
    environment: Object.fromEntries(variables),
    directory: resolve(process.env["SECRETS_DIR"] || DIRECTORY),
    dotenv,
  };
}
