import { environmentState, readApp } from "@twinloop/cli/internal";
import { z } from "zod";
import { defineTool, type Tool } from "../tool.ts";

/**
 * The tool `check_app`: what `twinloop check` finds, from the sources as they are on disk; `types` adds TypeScript's
 * own errors. `isClean` is true where there are neither problems nor warnings.
 */
const check = defineTool({
  name: "check_app",
  title: "Check the app",
  description:
    "Reads declarations and types of the sources as they are now, and gives every problem with file, line, column, message and hint. Run it after " +
    "each change: what it finds keeps the app from being built.",
  input: z.strictObject({ types: z.boolean().default(true).describe("also TypeScript's own errors") }),
  run: async ({ root, tsconfig }, { types }) => {
    const line = { root, tsconfig, words: [], out: undefined, types, env: false };
    const found = await readApp({ ...line, adminPort: undefined, dashboard: false });
    const problems = [...found.problems, ...found.types];
    return {
      isClean: problems.length + found.result.warnings.length === 0,
      problems,
      warnings: found.result.warnings,
    };
  },
});

/**
 * The tool `environment`: the variables that the manifest says the app reads, against the environment of this process
 * and the `.env` files. `missing` leaves only variables that are neither set nor have a default.
 */
const environment = defineTool({
  name: "environment",
  title: "Read the environment",
  description:
    "Lists the environment variables that the app reads: value (never of one that may hold a password), origin, default, and what is missing for it to start.",
  input: z.strictObject({
    missing: z.boolean().default(false).describe("only what is missing or wrong"),
  }),
  run: async (app, { missing }) => {
    const { variables, ...rest } = await environmentState(await app.manifest(), {
      root: app.root,
      env: { ...app.environment },
    });
    const lacking = variables.filter((variable) => !variable.isSet && variable.default === null);
    return { ...rest, variables: missing ? lacking : variables };
  },
});

/** The tools that say what is wrong. */
export const checkTools: readonly Tool[] = [check, environment];
