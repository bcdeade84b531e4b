import { existsSync, readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { Command, CommandLine, Manifest } from "@twinloop/core-native/cli";
import { openApiDocument, type OpenApiOptions } from "../openapi/index.ts";
import { packageInfo } from "../openapi/package-info.ts";

/** The file that `--check` compares with, unless `--out` names another. */
const DEFAULT_FILE = "openapi.json";

/**
 * Prints the OpenAPI document of the app, writes it to a file, or compares a file with it.
 *
 * Shape:  the manifest -> JSON, indented by two spaces, with a line feed at the end. Paths are taken from the app's folder. What
 *         the document cannot know goes to standard error, so that the output stays JSON.
 * Errors: exit code 1 where `--check` finds no file, or another text in it.
 * Example: `npx @twinloop/cli openapi --check --out api/openapi.json` in CI
 */
export const openApiCommand: Command = {
  usage: [
    ["openapi [--out <file>]", "print the app's OpenAPI 3.1 document, or write it to a file"],
    ["openapi --check [--out <file>]", `say whether the file (default ${DEFAULT_FILE}) is up to date`],
  ],
  options: {
    out: { type: "text", value: "<file>", meaning: "openapi: the file to write or to check" },
    check: { type: "flag", meaning: "openapi: write nothing, and fail where the file differs" },
    private: { type: "flag", meaning: "openapi: also endpoints that are not exposed" },
    title: {
      type: "text",
      value: "<text>",
      meaning: "openapi: the name of the API (default: the package's)",
    },
    "api-version": {
      type: "text",
      value: "<text>",
      meaning: "openapi: the version of the API (default: the package's)",
    },
    server: { type: "list", value: "<url>", meaning: "openapi: a URL of the API; may be repeated" },
  },
  run: async (line) => {
    const manifest = await line.manifest();
    const text = `${JSON.stringify(openApiDocument(manifest, optionsOf(line, manifest)), null, 2)}\n`;
    for (const warning of unknownOf(manifest)) process.stderr.write(`${warning}\n`);
    const out = line.options["out"] as string | undefined;
    if (line.options["check"] === true) return compare(resolve(line.root, out ?? DEFAULT_FILE), text);
    if (out === undefined) {
      process.stdout.write(text);
      return 0;
    }
    const file = resolve(line.root, out);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
    process.stdout.write(`wrote ${out}\n`);
    return 0;
  },
};

/** Compares the file with the document byte by byte, says how to write it, and returns the exit code. */
function compare(file: string, text: string): number {
  const found = existsSync(file) ? readFileSync(file, "utf8") : null;
  if (found === text) {
    process.stdout.write(`${file} is up to date\n`);
    return 0;
  }
  const what = found === null ? `There is no ${file}` : `${file} is not what the app says`;
  process.stderr.write(`${what}: run \`npx @twinloop/cli openapi --out ${file}\`.\n`);
  return 1;
}

/** What the command line says, or else `start({ openapi })`, or else the app's package.json. */
function optionsOf({ root, options }: CommandLine, { start }: Manifest): OpenApiOptions {
  const given = (name: string, option: string): string | undefined => {
    const kept = start?.options[`openapi.${option}`];
    return (options[name] as string | undefined) ?? (typeof kept === "string" ? kept : undefined);
  };
  const kept = start?.options["openapi.servers"];
  const servers =
    (options["server"] as readonly string[] | undefined) ??
    (Array.isArray(kept) ? kept.map(String) : undefined);
  return {
    ...packageInfo(root, {
      title: given("title", "title"),
      version: given("api-version", "version"),
      description: given("description", "description"),
    }),
    servers,
    private: options["private"] === true,
  };
}

/** What the document cannot know before the app runs, one sentence each. */
function unknownOf({ endpoints, start }: Manifest): string[] {
  const described = endpoints.filter(({ requestFrom, responseFrom }) => requestFrom ?? responseFrom);
  const names = described.map(({ methods, path }) => `${methods.join(",")} ${path}`);
  const unread = (start?.unread ?? []).filter((name) => name.startsWith("openapi."));
  return [
    ...(names.length === 0
      ? []
      : [
          `The schemas of ${names.join(", ")} are values of the running app: its own /openapi.json has them.`,
        ]),
    ...unread.map(
      (name) => `\`${name}\` of start() cannot be read without running the app: give it on the command line.`,
    ),
  ];
}
