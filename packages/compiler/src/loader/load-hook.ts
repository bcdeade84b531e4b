import { readFile } from "node:fs/promises";
import type { InitializeHook, LoadHook, ResolveHook } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import { commonJsModule } from "./commonjs-module.ts";
import { jsonModule } from "./json-module.ts";
import { moduleFormat } from "./module-format.ts";
import { fileAt, resolveSource } from "./resolve-source.ts";
import { transform, withInlineMap } from "./transform.ts";
import { TsconfigOf } from "./tsconfig-of.ts";

/** The data that the loader's thread receives. */
export interface LoaderData {
  /** The absolute path of the tsconfig from the options. */
  readonly tsconfig?: string | undefined;
}

let tsconfigs = new TsconfigOf();
/** The file that Node was started with. */
let entry: string | undefined;

export const initialize: InitializeHook<LoaderData> = ({ tsconfig }) => {
  tsconfigs = new TsconfigOf(tsconfig);
};

/** Resolves imports as TypeScript does, by `resolveSource`. Packages are left to Node. */
export const resolve: ResolveHook = async (specifier, context, nextResolve) => {
  const resolved = await find(specifier, context, nextResolve);
  if (context.parentURL === undefined) entry = resolved.url;
  return resolved;
};

const find: ResolveHook = async (specifier, context, nextResolve) => {
  const parent = fileOf(context.parentURL);
  const [, path = specifier, query = ""] = /^([^?]*)(\?.*)?$/s.exec(specifier) ?? [];
  if (parent !== null && !isInPackage(parent)) {
    const wanted = path.startsWith("file:") ? fileURLToPath(path) : path;
    const found = resolveSource(wanted, parent, tsconfigs.of(parent));
    if (found !== null) return nextResolve(pathToFileURL(found).href + query, context);
  }
  try {
    return await nextResolve(specifier, context);
  } catch (error) {
    // The entry's own name, or the target of `imports` in a package.json: a path to a file that is still a source.
    const missing = fileOf((error as { url?: string }).url) ?? (context.parentURL ? null : fileOf(specifier));
    const found = missing === null || isInPackage(missing) ? null : fileAt(missing);
    if (found === null) throw error;
    return nextResolve(pathToFileURL(found).href + query, context);
  }
};

/** Loads `.ts`, `.tsx`, `.mts`, `.cts` and `.jsx` by their tsconfig, and JSON imported without an import attribute. */
export const load: LoadHook = async (url, context, nextLoad) => {
  const path = fileOf(url);
  if (path === null || isInPackage(path)) return nextLoad(url, context);
  if (path.endsWith(".json") && context.importAttributes["type"] === undefined) {
    const source = jsonModule(path, await readFile(path, "utf8"));
    return { format: "module", shortCircuit: true, source };
  }
  if (!/\.(?:[cm]?ts|tsx|jsx)$/.test(path)) return nextLoad(url, context);
  const text = await readFile(path, "utf8");
  const tsconfig = tsconfigs.of(path);
  if (moduleFormat(path, text) === "module") {
    return { format: "module", shortCircuit: true, source: withInlineMap(transform(path, text, tsconfig)) };
  }
  // Without a source, Node loads the file by `require` (see commonjs-loader.ts), and the entry is `require.main`.
  if (url === entry) return { format: "commonjs", shortCircuit: true };
  const source = commonJsModule(path, transform(path, text, tsconfig, "commonjs").code);
  return { format: "module", shortCircuit: true, source };
};

function fileOf(url: string | undefined): string | null {
  if (url === undefined || !url.startsWith("file:")) return null;
  try {
    return fileURLToPath(url.replace(/[?#].*$/s, ""));
  } catch {
    return null;
  }
}

function isInPackage(path: string): boolean {
  return /[\\/]node_modules[\\/]/.test(path);
}
