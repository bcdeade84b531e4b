import type { Manifest } from "./schema/ir.ts";

const LISTS = [
  "types",
  "endpoints",
  "topics",
  "subscriptions",
  "databases",
  "crons",
  "secrets",
] as const satisfies readonly (keyof Manifest)[];

/** What keeps a JSON value from being a manifest of this version, as a sentence's end; undefined when nothing does. */
export function misshape(value: object): string | undefined {
  const manifest = value as Readonly<Record<string, unknown>>;
  const sources = manifest["sources"];
  if (!isObject(sources) || !Object.values(sources).every((hash) => typeof hash === "string")) {
    return "`sources` does not hold a hash for each file";
  }
  for (const list of LISTS) {
    const entries = manifest[list];
    if (!Array.isArray(entries)) return `\`${list}\` is no list`;
    const at = entries.findIndex((entry) => !isObject(entry));
    if (at !== -1) return `\`${list}[${at}]\` is no object`;
  }
  const endpoints = manifest["endpoints"] as readonly Readonly<Record<string, unknown>>[];
  const at = endpoints.findIndex(({ methods, path }) => typeof path !== "string" || !isListOfText(methods));
  return at === -1 ? undefined : `\`endpoints[${at}]\` has no methods or no path`;
}

/** Whether a JSON value is an object and no list. */
export function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isListOfText(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}
