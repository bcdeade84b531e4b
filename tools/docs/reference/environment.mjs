import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "../../setup/command.mjs";
import { declarationsOf } from "./doc-comments.mjs";
import { code, prose, table } from "./table.mjs";

/** @typedef {{ name: string, meaning: string, default?: string | undefined }} Variable */

/** The packages whose options may name the variable that comes before them. */
const ROOMS = readdirSync(join(root, "packages")).filter((room) =>
  existsSync(join(root, "packages", room, "src")),
);

/** An app that declares one of everything but a database, as far as its variables go. */
const APP = {
  endpoints: [],
  declarations: [
    { package: "@twinloop/pubsub", what: "Topic" },
    { package: "@twinloop/cron", what: "CronJob" },
    { package: "@twinloop/objects", what: "Bucket" },
  ].map((each) => ({ ...each, name: "name", options: {} })),
  types: [],
  authHandlers: [],
};

/** Variables that neither an option nor \`check --env\` names: those of tools, and of places that are read before any option. @type {readonly Variable[]} */
const OTHERS = [
  {
    name: "DATABASE_URL",
    meaning: "The PostgreSQL of the app's only database, or the server of all that have no URL of their own.",
    default: "the embedded server in development, where it is installed",
  },
  {
    name: "DATABASE_URL_<NAME>",
    meaning: "The PostgreSQL of one database, by its name in capitals.",
    default: "DATABASE_URL",
  },
  {
    name: "<SECRET>_FILE",
    meaning: 'The file with the value of a secret: `API_KEYS_FILE` for `secret("ApiKeys")`.',
    default: "none",
  },
  { name: "SECRETS_DIR", meaning: "The folder with a file for each secret.", default: "/run/secrets" },
  {
    name: "SECRETS_REFRESH",
    meaning: "How often places of secrets other than files are read again; 0 for never.",
    default: "30s",
  },
  {
    name: "COOKIE_SECRETS",
    meaning: "The secrets of sealed cookies, the newest first, separated by commas.",
    default: "`cookieSecrets` of `start()`",
  },
  {
    name: "SERVICE_<NAME>_URL",
    meaning: "Where a service of the app runs in another process.",
    default: "in this process",
  },
  {
    name: "SERVICE_AUTH_SECRET",
    meaning:
      "The secrets by which the app's processes know each other, the newest first, separated by commas.",
    default: "calls of other processes are not taken",
  },
  { name: "API_BASE_URL", meaning: "The address of the app in `appMeta()`.", default: "where it listens" },
  { name: "DEPLOY_ID", meaning: "The name of the deployment in `appMeta()`.", default: "none" },
  { name: "PUBSUB_CONNECT_TIMEOUT", meaning: "How long the start waits for the broker.", default: "10s" },
  {
    name: "ADMIN_TOKEN",
    meaning:
      "The bearer token of the admin server, of 16 characters or more; wanted where it listens on another address than loopback.",
    default: "none",
  },
  { name: "ADMIN_METRICS_TOKEN", meaning: "`required`: `/metrics` wants the token too.", default: "none" },
  {
    name: "TWINLOOP_ROOT",
    meaning: "The folder that holds `.twinloop/`.",
    default: "found from the file that Node was started with",
  },
  {
    name: "TWINLOOP_ADDON",
    meaning: "A path to the native addon, for debugging.",
    default: "that of the platform's package",
  },
  { name: "TWINLOOP_DEV", meaning: "Set by `twinloop dev` for the app that it runs.", default: "none" },
  {
    name: "TWINLOOP_TSCONFIG",
    meaning: "One tsconfig for all files that the loader runs.",
    default: "the nearest to each file",
  },
  {
    name: "TWINLOOP_TYPESCRIPT",
    meaning: "`6` or `7`: the TypeScript that reads the app's types.",
    default: "7, and 6 where that does not run",
  },
  { name: "TWINLOOP_DEBUG", meaning: "Prints stacks of the command's own failures.", default: "none" },
  { name: "NO_COLOR", meaning: "No colours in what commands and logs print.", default: "none" },
  ...["ENDPOINT", "HEADERS", "TIMEOUT", "COMPRESSION", "PROTOCOL"].flatMap((what) =>
    ["", "TRACES_", "METRICS_"].map((signal) => ({
      name: `OTEL_EXPORTER_OTLP_${signal}${what}`,
      meaning: `OpenTelemetry's: ${what.toLowerCase()} of ${signal === "" ? "both signals" : signal.slice(0, -1).toLowerCase()}.`,
      default: what === "PROTOCOL" ? "http/protobuf, the only one" : "that of the specification",
    })),
  ),
  ...[
    "OTEL_SDK_DISABLED",
    "OTEL_SERVICE_NAME",
    "OTEL_RESOURCE_ATTRIBUTES",
    "OTEL_TRACES_EXPORTER",
    "OTEL_METRICS_EXPORTER",
    "OTEL_LOGS_EXPORTER",
    "OTEL_TRACES_SAMPLER",
    "OTEL_TRACES_SAMPLER_ARG",
    "OTEL_METRIC_EXPORT_INTERVAL",
    "OTEL_METRIC_EXPORT_TIMEOUT",
    "OTEL_BSP_SCHEDULE_DELAY",
    "OTEL_BSP_EXPORT_TIMEOUT",
    "OTEL_BSP_MAX_QUEUE_SIZE",
    "OTEL_BSP_MAX_EXPORT_BATCH_SIZE",
    "OTEL_PROPAGATORS",
  ].map((name) => ({
    name,
    meaning:
      "OpenTelemetry's, as its specification has it; a value that is not understood keeps the app from starting.",
    default: "that of the specification",
  })),
];

/** @returns {Promise<Variable[]>} what \`twinloop check --env\` lists for an app that has everything */
async function checkedVariables() {
  const { environmentState } = await import(pathToFileURL(join(root, "packages/cli/dist/internal.js")).href);
  const place = { root: join(root, "apps/docs"), env: {} };
  const { variables } = await environmentState(APP, place);
  return variables.map((/** @type {Variable & { default: string | null }} */ each) => ({
    ...each,
    default: each.default ?? "none: it must be set",
  }));
}

/** @returns {Variable[]} the variables that options name, with the doc comments of the options */
export function variablesOfOptions() {
  return ROOMS.flatMap((room) => declarationsOf(room)).flatMap(({ members }) =>
    members.flatMap(({ text }) => {
      const named = /Environment:\s+((?:`[A-Z][A-Z0-9_]+`(?:,? and |, |)?)+)/.exec(text)?.[1] ?? "";
      const standard = /Default:? ([^.]*(?:\.\d[^.]*)*)\./.exec(text)?.[1] ?? "none";
      const meaning = text
        .replace(/\s*Default[^.]*(?:\.\d[^.]*)*\./, "")
        .replace(/\s*Environment:[\s\S]*$/, "");
      return [...named.matchAll(/[A-Z][A-Z0-9_]+/g)].map(([name]) => ({ name, meaning, default: standard }));
    }),
  );
}

/** @returns {Promise<Variable[]>} every variable that an app or a tool reads, by name; of several descriptions the first */
export async function allVariables() {
  const listed = [...(await checkedVariables()), ...variablesOfOptions(), ...OTHERS];
  const byName = new Map(listed.toReversed().map((variable) => [variable.name, variable]));
  return [...byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Writes the page of environment variables. @returns {Promise<string>} */
export async function environmentPage() {
  if (!existsSync(join(root, "packages/cli/dist/internal.js")))
    throw new Error("The packages are not built.");
  const rows = (await allVariables()).map(({ name, meaning, default: standard = "" }) => {
    return [
      `<a id="${name.replaceAll(/[<>]/g, "")}"></a>${code(name)}`,
      prose(sentence(meaning)),
      prose(standard),
    ];
  });
  return `# Environment

Variables come before the options of the same meaning. In development \`.env.local\` and \`.env\` of the app's folder feed them; with any other \`NODE_ENV\` no file is read. \`npx @twinloop/cli check --env\` says which ones your
app reads, where each value is from, and what is missing. A value that is not understood keeps the app from starting. Sizes are bytes, times \`30s\`, \`5m\` or milliseconds.

${table(["variable", "meaning", "default"], rows)}
`;
}

/** @param {string} text */
function sentence(text) {
  const begun = `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
  return /[.)]$/.test(begun) ? begun : `${begun}.`;
}
