import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { clientFile, offered } from "./client-file.ts";
import type { ManifestOf } from "./ir.ts";

/** The part of a command line that is read; the `twinloop` command gives it. */
export interface ClientLine {
  /** The absolute path of the folder that holds the app's package.json. */
  readonly root: string;
  /** The words after `client`; the command takes none. */
  readonly words: readonly string[];
  /** The options by name, as `clientCommand.options` declares them. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Reads or compiles the app's manifest. */
  manifest(): Promise<ManifestOf>;
}

/** The command, in the form that the `twinloop` command takes. */
export interface ClientCommand {
  /** Pairs of a command line and its meaning, for the help text. */
  readonly usage: readonly (readonly [string, string])[];
  readonly options: Readonly<
    Record<
      string,
      { readonly type: "flag" | "text" | "list"; readonly value?: string; readonly meaning: string }
    >
  >;
  run(line: ClientLine): Promise<number>;
}

/** Writes a client of the app, or says whether the written one is up to date. */
export const clientCommand: ClientCommand = {
  usage: [
    [
      "client [--lang ts|js] [--out <file>]",
      "print a client of the app as one file without imports, or write it",
    ],
    ["client --check --out <file>", "say whether the file is up to date"],
    ["client --lang openapi [--out <file>]", "for other languages: the app's OpenAPI document"],
  ],
  options: {
    lang: {
      type: "text",
      value: "ts|js|openapi",
      meaning: "client: the language (default: by --out, or ts)",
    },
    out: { type: "text", value: "<file>", meaning: "client: the file to write or to check" },
    check: { type: "flag", meaning: "client: write nothing, and fail where the file differs" },
    service: {
      type: "list",
      value: "<name>",
      meaning: "client: only endpoints of this service; may be repeated",
    },
  },
  run: runClient,
};

/**
 * Runs `twinloop client`.
 *
 * Shape:  -> the exit code: 0 when the client was printed or written or is up to date; 1 when `--check` finds a
 * difference, or the app has no such service or no exposed endpoint; 2 for an invalid command line. Without `--lang`
 * the ending of `--out` decides: `.js`, `.mjs` and `.cjs` mean JavaScript.
 */
async function runClient(line: ClientLine): Promise<number> {
  const { root, options } = line;
  const out = options["out"] as string | undefined;
  const lang = options["lang"] ?? (out !== undefined && /\.[cm]?js$/.test(out) ? "js" : "ts");
  if (line.words.length > 0) return unclear(`\`twinloop client\` takes no ${JSON.stringify(line.words[0])}.`);
  if (lang === "openapi") return runOpenApi(line);
  if (lang !== "ts" && lang !== "js")
    return unclear(`There is no client in ${JSON.stringify(lang)}: it is written as ts, js or openapi.`);
  const isCheck = options["check"] === true;
  if (isCheck && out === undefined) return unclear("--check compares a file: name it with --out <file>.");
  const manifest = await line.manifest();
  const services = options["service"] as readonly string[] | undefined;
  const missing = services?.find((name) => !manifest.endpoints.some(({ service }) => service === name));
  if (missing !== undefined) {
    const known = [...new Set(manifest.endpoints.map(({ service }) => service))].sort().join(", ") || "none";
    process.stderr.write(`The app has no service ${JSON.stringify(missing)}; it has ${known}.\n`);
    return 1;
  }
  const count = offered(manifest, services).length;
  if (count === 0) {
    const whose = services === undefined ? "The app" : `The service ${services.join(", ")}`;
    process.stderr.write(
      `${whose} exposes no endpoint: give those that a client may call \`expose: true\`.\n`,
    );
    return 1;
  }
  const text = clientFile(manifest, { lang, app: appOf(root), services });
  if (isCheck) {
    const said = [
      ...(options["lang"] === undefined ? [] : [`--lang ${lang}`]),
      ...(services ?? []).map((service) => `--service ${service}`),
    ];
    return check(resolve(root, out!), out!, text, ["client", ...said, `--out ${out}`].join(" "));
  }
  if (out === undefined) {
    process.stdout.write(text);
    return 0;
  }
  mkdirSync(dirname(resolve(root, out)), { recursive: true });
  writeFileSync(resolve(root, out), text);
  process.stdout.write(`Wrote ${out}: the client of ${count} endpoints.\n`);
  return 0;
}

/**
 * Compares the file with what would be written, whatever its line ends. A difference exits with 1, so that CI fails
 * when types of the app were changed and the client was not written again. `command` is what writes it.
 */
function check(file: string, out: string, text: string, command: string): number {
  const found = existsSync(file) ? readFileSync(file, "utf8").replaceAll("\r\n", "\n") : undefined;
  if (found === text) {
    process.stdout.write(`${out} is up to date.\n`);
    return 0;
  }
  const what = found === undefined ? `There is no ${out}` : `${out} is not what the app says`;
  process.stderr.write(`${what}: run \`npx @twinloop/cli ${command}\`.\n`);
  return 1;
}

/** The name and version of the app, by its package.json. */
function appOf(root: string): string {
  try {
    const { name, version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Record<
      string,
      unknown
    >;
    return [name ?? "the app", version].filter(Boolean).join(" ");
  } catch {
    return "the app";
  }
}

interface WithOpenApi {
  readonly cli?: { readonly commands?: Readonly<Record<string, { run(line: ClientLine): Promise<number> }>> };
}

/** Leaves the document to the command of the app's own @twinloop/api. */
async function runOpenApi(line: ClientLine): Promise<number> {
  const path = createRequire(join(line.root, "package.json")).resolve("@twinloop/api/cli");
  const { cli } = (await import(pathToFileURL(path).href)) as WithOpenApi;
  const command = cli?.commands?.["openapi"];
  if (command !== undefined) return command.run(line);
  process.stderr.write("The installed @twinloop/api writes no OpenAPI document: update it.\n");
  return 1;
}

/** Writes a message to stderr. Shape: -> 2, the exit code of an invalid command line. */
function unclear(message: string): number {
  process.stderr.write(`${message}\n`);
  return 2;
}
