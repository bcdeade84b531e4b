import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { registered } from "@twinloop/core-native/internal";
import { appMeta } from "@twinloop/core-native";
import { AskError } from "./ask-error.ts";

/** The packages whose declarations the tools ask about: by the name of their part of the app, with what an app declares of them. */
const PARTS = {
  api: { home: "@twinloop/api", declares: "endpoint" },
  sqldb: { home: "@twinloop/sqldb", declares: "database" },
  pubsub: { home: "@twinloop/pubsub", declares: "topic" },
  cron: { home: "@twinloop/cron", declares: "cron job" },
  secrets: { home: "@twinloop/secrets", declares: "secret" },
} as const;

/** A part of the app that tools ask about. */
export type AskedPart = keyof typeof PARTS;

/**
 * Imports the operators' module, `admin`, of a package that the app uses: the app's own copy.
 *
 * Errors: `AskError` `failed_precondition` where the app has not installed the package, or declares nothing of it.
 */
export async function importAdmin<T>(part: AskedPart): Promise<T> {
  const { home, declares } = PARTS[part];
  const path = resolveOf(`${home}/admin`);
  if (path === undefined) {
    throw new AskError("failed_precondition", `The app has no ${home}.`, `Run \`npm install ${home}\`.`);
  }
  if (!registered().some(({ name }) => name === part)) {
    const hint = `Declare one by ${home}, in a module that the app's entry imports.`;
    throw new AskError("failed_precondition", `The app declares no ${declares}.`, hint);
  }
  return (await import(pathToFileURL(path).href)) as T;
}

/** The file of a module as the app's own code would import it, else as this package would. */
function resolveOf(specifier: string): string | undefined {
  for (const from of [join(appMeta().root, "package.json"), import.meta.url]) {
    try {
      return createRequire(from).resolve(specifier);
    } catch {
      // Not installed there.
    }
  }
  return undefined;
}
