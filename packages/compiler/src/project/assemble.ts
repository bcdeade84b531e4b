import { basename, dirname, resolve } from "node:path";
import { Arena } from "../types/arena.ts";
import { authModel, type AuthModel } from "./auth-model.ts";
import { duplicates } from "../declarations/duplicates.ts";
import type { FileExtract } from "../declarations/extract-file.ts";
import { hashFile } from "./file-hash.ts";
import { inputsOf } from "./is-stale.ts";
import { folderIsThere, folderPlace } from "./folder-place.ts";
import { mapAuthHandler, mapDeclaration, mapEndpoint, type MapType } from "../types/map-types.ts";
import type { EndpointModel, Manifest, ManifestInputs, TypeIndex } from "@twinloop/core-native/build-time";
import { packageAbove, packageOf } from "./package-of.ts";
import type { Problem } from "../problems/problem.ts";
import { reachOf } from "../imports/reach.ts";
import { relativePath } from "./relative-path.ts";
import { compilerVersion } from "./version.ts";

export interface AssembleOptions {
  root: string;
  /** The extracts of the files, by absolute path. */
  extracts: ReadonlyMap<string, FileExtract>;
  /** Absolute paths of the sources that were read. */
  sources: readonly string[];
  /** The absolute path of the tsconfig; null where there is none. */
  tsconfig: string | null;
  /** SHA-256 over what the installed packages say of their declarations; empty by default. */
  declares?: string;
  /** The absolute path of the module that starts the app; null where it is unknown. */
  entry: string | null;
}

/**
 * The manifest of all files together, complete only without problems. With warnings the app runs, but not all of it.
 */
export interface Assembled {
  manifest: Manifest;
  problems: Problem[];
  warnings: Problem[];
}

/** Combines the declarations of all files into one manifest, and reports names and routes that two of them claim. */
export function assemble(options: AssembleOptions): Assembled {
  const { root, extracts, sources, tsconfig, declares = "", entry } = options;
  const arena = new Arena();
  const files = [...extracts].sort(([a], [b]) => (a < b ? -1 : 1));
  const bases = new Map(files.map(([path, extract]) => [path, arena.append(extract.nodes)]));
  const inputs = { ...inputsOf(root, tsconfig, packagesOf(root, sources)), declares };
  const manifest = emptyManifest(hashSources(root, sources), inputs);
  const serviceOf = services(files);
  for (const [path, extract] of files) {
    const base = bases.get(path) ?? 0;
    const shift: MapType = (type) => type + base;
    const file = relativePath(root, path);
    for (const { place: _, authPlace: __, ...found } of extract.endpoints) {
      const service = serviceOf(path);
      const endpointPath = found.path ?? `/${service}.${found.export}`;
      const folder = found.dir === undefined ? {} : { dir: folderPlace(root, path, found.dir) };
      const endpoint = { ...found, ...folder, service, path: endpointPath, file };
      manifest.endpoints.push(mapEndpoint(endpoint, shift));
    }
    for (const { entry, line } of extract.entries) {
      const {
        what,
        package: home,
        noun,
        name,
        within,
        doc,
        types,
        options,
        ...kept
      } = mapDeclaration(entry, shift);
      const places = (kept.folders ?? []).map((option) => [
        option,
        folderPlace(root, path, String(options[option])),
      ]);
      manifest.declarations.push({
        ...{ what, package: home, noun, name },
        ...(within === undefined ? {} : { within }),
        ...{ file, line },
        ...(doc === undefined ? {} : { doc }),
        ...{ types, options: { ...options, ...Object.fromEntries(places) } },
        ...kept,
      });
    }
  }
  const auth = authModel(
    files.map(([path, extract]) => {
      const shift: MapType = (type) => type + (bases.get(path) ?? 0);
      return { file: relativePath(root, path), extract, shift };
    }),
  );
  const { types, place } = arena.finish(rootsOf({ ...manifest, authHandlers: auth.handlers }));
  const declarations = manifest.declarations.map((declaration) => mapDeclaration(declaration, place));
  const endpoints = manifest.endpoints.map((endpoint) => mapEndpoint(orderKeys(endpoint), place));
  const rest = { ...handlersOf(auth, place), ...startOf(files, entry) };
  const { loaded, warnings } = reachOf(root, extracts, entry);
  const problems = files.flatMap(([path, extract]) => {
    const own = loaded.has(path) ? [...extract.problems, ...extract.whenLoaded] : extract.problems;
    return own.map((problem) => ({ ...problem, file: relativePath(root, problem.file) }));
  });
  const named = files.map(([path, extract]) => [relativePath(root, path), extract] as const);
  const twice = duplicates(named, (file, name) => `/${serviceOf(resolve(root, file))}.${name}`);
  return {
    manifest: { ...manifest, types, endpoints, declarations, ...rest },
    problems: [...problems, ...twice, ...auth.problems],
    warnings: [...warnings, ...missingFolders(root, manifest)],
  };
}

/**
 * Warnings about missing folders: the app will not start without them, but a later step of its build may create them.
 */
function missingFolders(root: string, { declarations, endpoints }: Manifest): Problem[] {
  const named = [
    ...declarations.flatMap(({ name, folders = [], options, ...at }) =>
      folders.map((option) => ({ whose: `${option} of \`${name}\``, at, folder: String(options[option]) })),
    ),
    ...endpoints.map(({ path, dir, ...at }) => ({ whose: `files of \`${path}\``, at, folder: dir })),
  ];
  return named.flatMap(({ whose, at: { file, line }, folder }): Problem[] => {
    if (folder === undefined || folderIsThere(root, folder)) return [];
    const message = `The ${whose}: there is no folder \`${folder}\`, neither beside the file nor in the project's root`;
    const hint = "Create it, or correct the path.";
    return [{ code: "folder_missing", file, line, column: 1, length: 10_000, message, hint }];
  });
}

export function emptyManifest(
  sources: Record<string, string> = {},
  inputs: ManifestInputs = { packages: {}, configuration: "", listing: "", declares: "" },
): Manifest {
  const app = { types: [], endpoints: [], declarations: [] };
  return { version: 2, compiler: compilerVersion, sources, inputs, ...app };
}

function hashSources(root: string, sources: readonly string[]): Record<string, string> {
  const entries = sources.map((path) => [relativePath(root, path), hashFile(path) ?? ""] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The packages that the sources belong to, whose names name the services. */
function packagesOf(root: string, sources: readonly string[]): Record<string, string> {
  const packages: Record<string, string> = {};
  for (const path of sources) {
    const found = packageAbove(path);
    if (found !== null) packages[relativePath(root, found.folder) || "."] = found.name;
  }
  return packages;
}

/** The service of each file: the nearest `new Service(…)` above it, otherwise its package. */
function services(files: readonly (readonly [string, FileExtract])[]): (path: string) => string {
  const folders = files.flatMap(([path, extract]) =>
    extract.entries.flatMap((found) =>
      found.declarator.role === "service" ? [{ folder: dirname(path), name: found.entry.name }] : [],
    ),
  );
  folders.sort((a, b) => b.folder.length - a.folder.length);
  return (path) => {
    const own = folders.find(({ folder }) => path.startsWith(`${folder}/`));
    return own?.name ?? packageOf(path)?.split("/").at(-1) ?? basename(resolve(dirname(path)));
  };
}

/** The auth handlers of the manifest; each list is absent where it is empty. */
function handlersOf(
  { handlers, ready }: AuthModel,
  place: MapType,
): Pick<Manifest, "authHandlers" | "readyAuthHandlers"> {
  const mapped = handlers.map((handler) => mapAuthHandler(handler, place));
  return {
    ...(mapped.length === 0 ? {} : { authHandlers: mapped }),
    ...(ready.length === 0 ? {} : { readyAuthHandlers: ready }),
  };
}

/** The call of `start()`: that of the entry, or else the first one. */
function startOf(
  files: readonly (readonly [string, FileExtract])[],
  entry: string | null,
): Pick<Manifest, "start"> {
  const found = files.filter(([, { start }]) => start !== null);
  const [, chosen] = found.find(([path]) => path === entry) ?? found[0] ?? [];
  return chosen?.start ? { start: chosen.start } : {};
}

function rootsOf(manifest: Manifest): TypeIndex[] {
  const roots: TypeIndex[] = [];
  for (const endpoint of manifest.endpoints) mapEndpoint(endpoint, (type) => (roots.push(type), type));
  for (const handler of manifest.authHandlers ?? [])
    mapAuthHandler(handler, (type) => (roots.push(type), type));
  return [...roots, ...manifest.declarations.flatMap(({ types }) => Object.values(types))];
}

function orderKeys(endpoint: EndpointModel): EndpointModel {
  const { service, export: name, file, line, methods, path, pathGiven, kind, ...rest } = endpoint;
  return { service, export: name, file, line, methods, path, pathGiven, kind, ...rest };
}
