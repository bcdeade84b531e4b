import { statSync } from "node:fs";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { rootDirPlaces, type LoadedTsconfig } from "./tsconfig-of.ts";

const EXTENSIONS = [".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs", ".json"];

/** The source extensions that TypeScript tries for a name with an output extension. */
const SOURCES: Readonly<Record<string, readonly string[]>> = {
  ".js": [".ts", ".tsx"],
  ".jsx": [".tsx"],
  ".mjs": [".mts"],
  ".cjs": [".cts"],
};

/**
 * Resolves an import as TypeScript does and Node does not: sources behind `.js`, names without extension, folders with
 * an index, `paths`, `baseUrl` and `rootDirs`.
 *
 * Shape:  the specifier, the absolute path of the importing file, its tsconfig -> an absolute path; null where Node
 * resolves it.
 */
export function resolveSource(
  specifier: string,
  from: string,
  tsconfig: LoadedTsconfig | null,
): string | null {
  if (/^\.{1,2}(?:\/|$)/.test(specifier) || isAbsolute(specifier)) {
    const wanted = resolve(dirname(from), specifier);
    const places = [wanted, ...(tsconfig === null ? [] : rootDirPlaces(tsconfig, wanted))];
    // `./` and `..` mean the folder, even beside a file of its name.
    return firstOf(places, /(?:^|\/)\.{0,2}\/?$/.test(specifier) ? fileInFolder : fileAt);
  }
  if (/^(?:node|data|https?|file):/.test(specifier)) return null;
  return firstOf(tsconfig?.places?.(specifier) ?? [], fileAt);
}

function firstOf(places: readonly string[], find: (place: string) => string | null): string | null {
  for (const place of places) {
    const found = find(place);
    if (found !== null) return found;
  }
  return null;
}

/** The file that a path means, with or without extension; null when there is none. */
export function fileAt(path: string): string | null {
  const [, stem = path, extension = ""] = /^(.*?)(\.[cm]?jsx?)?$/s.exec(path) ?? [];
  const sources = (SOURCES[extension] ?? []).map((source) => stem + source);
  const names = [...sources, path, ...EXTENSIONS.map((added) => path + added)];
  return names.find(isFile) ?? fileInFolder(path);
}

function fileInFolder(folder: string): string | null {
  return EXTENSIONS.map((extension) => join(folder, `index${extension}`)).find(isFile) ?? null;
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}
