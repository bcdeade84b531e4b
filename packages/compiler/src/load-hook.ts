import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import type { InitializeHook, LoadHook, ResolveHook } from "node:module";
import { fileURLToPath } from "node:url";
import { stripTypes } from "./strip-types.ts";

/** By module URL: the exported endpoints without a path, and the service they belong to. */
export type UnnamedEndpoints = Record<string, { service: string; exports: string[] }>;

let unnamed: UnnamedEndpoints = {};

export const initialize: InitializeHook<UnnamedEndpoints> = (data) => {
  unnamed = data;
};

/** Finds `x.ts` where a TypeScript file imports `./x.js`, as TypeScript itself does. */
export const resolve: ResolveHook = (specifier, context, nextResolve) => {
  const source =
    /^\.{0,2}\//.test(specifier) || specifier.startsWith("file:")
      ? sourceOf(specifier, context.parentURL)
      : null;
  return nextResolve(source ?? specifier, context);
};

function sourceOf(specifier: string, parentURL: string | undefined): string | null {
  if (parentURL === undefined || !/\.[cm]?tsx?(?:[?#]|$)/.test(parentURL)) return null;
  const match = /^(.*)\.([cm]?)js(x?)([?#].*)?$/.exec(specifier);
  if (match === null) return null;
  const [, stem, module, jsx, query = ""] = match;
  const candidates = jsx === "x" ? [`${stem}.tsx`] : [`${stem}.${module}ts`, `${stem}.tsx`];
  const found = candidates.find((candidate) => existsSync(fileURLToPath(new URL(candidate, parentURL))));
  return found === undefined ? null : found + query;
}

/** Strips the types of `.ts`, `.mts` and `.tsx` modules, and names the endpoints that have no path of their own. */
export const load: LoadHook = async (url, context, nextLoad) => {
  const path = /^file:.*\.(?:ts|mts|tsx)(?:[?#]|$)/.test(url)
    ? fileURLToPath(url.replace(/[?#].*$/, ""))
    : null;
  if (path === null) return nextLoad(url, context);
  const source = await readFile(path, "utf8");
  return { format: "module", shortCircuit: true, source: stripTypes(path, source, namingCode(url)) };
};

/** Code after the module's own: it reads the finished exports through the module's own namespace. */
function namingCode(url: string): string {
  const known = unnamed[url.replace(/[?#].*$/, "")];
  if (known === undefined) return "";
  const members = known.exports.map(
    (name) => `${JSON.stringify(name)}: twinloopSelf[${JSON.stringify(name)}]`,
  );
  const call = `globalThis[Symbol.for("twinloop.name")]?.({ ${members.join(", ")} }, ${JSON.stringify(known.service)});`;
  return `\nimport * as twinloopSelf from ${JSON.stringify(url)};\n${call}\n`;
}
