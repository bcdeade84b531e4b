import { basename, dirname, relative, resolve } from "node:path";
import { Arena } from "./arena.ts";
import type { FileExtract } from "./extract-file.ts";
import { hashFile } from "./is-stale.ts";
import { mapEndpoint, type MapType } from "./map-types.ts";
import type { Endpoint, Manifest, TypeIndex } from "./manifest.ts";
import { packageOf } from "./package-of.ts";
import type { Problem } from "./problem.ts";
import { compilerVersion } from "./version.ts";

export interface AssembleOptions {
  root: string;
  /** By absolute path. */
  extracts: ReadonlyMap<string, FileExtract>;
  /** Absolute paths of everything that was read and may change. */
  sources: readonly string[];
}

/** Puts what the files declare together into one manifest, and reports names and routes that two of them claim. */
export function assemble({ root, extracts, sources }: AssembleOptions): {
  manifest: Manifest;
  problems: Problem[];
} {
  const arena = new Arena();
  const files = [...extracts].sort(([a], [b]) => (a < b ? -1 : 1));
  const bases = new Map(files.map(([path, extract]) => [path, arena.append(extract.nodes)]));
  const manifest = emptyManifest(hashSources(root, sources));
  const serviceOf = services(files);
  for (const [path, extract] of files) {
    const base = bases.get(path) ?? 0;
    const shift: MapType = (type) => type + base;
    const file = relativePath(root, path);
    for (const found of extract.endpoints) {
      const service = serviceOf(path);
      const endpointPath = found.path ?? `/${service}.${found.export}`;
      manifest.endpoints.push(mapEndpoint({ ...found, service, path: endpointPath, file }, shift));
    }
    for (const { section, entry, line } of extract.entries) {
      if (section === "topics") manifest.topics.push({ ...entry, file, line, message: shift(entry.message) });
      else if (section !== "services") (manifest[section] as object[]).push({ ...entry, file, line });
    }
  }
  const { types, place } = arena.finish(rootsOf(manifest));
  const topics = manifest.topics.map((topic) => ({ ...topic, message: place(topic.message) }));
  const endpoints = manifest.endpoints.map((endpoint) => mapEndpoint(orderKeys(endpoint), place));
  const problems = files.flatMap(([, extract]) =>
    extract.problems.map((problem) => ({ ...problem, file: relativePath(root, problem.file) })),
  );
  const complete = { ...manifest, types, endpoints, topics };
  return { manifest: complete, problems: [...problems, ...duplicates(complete)] };
}

/** The path as the manifest writes it. */
export function relativePath(root: string, path: string): string {
  return relative(root, path).replaceAll("\\", "/");
}

export function emptyManifest(sources: Record<string, string> = {}): Manifest {
  const model = { topics: [], subscriptions: [], databases: [], crons: [], secrets: [] };
  return { version: 1, compiler: compilerVersion, sources, types: [], endpoints: [], ...model };
}

function hashSources(root: string, sources: readonly string[]): Record<string, string> {
  const entries = sources.map((path) => [relativePath(root, path), hashFile(path) ?? ""] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** A file belongs to the nearest `new Service(…)` above it, else to its package. */
function services(files: readonly (readonly [string, FileExtract])[]): (path: string) => string {
  const folders = files.flatMap(([path, extract]) =>
    extract.entries.flatMap((found) =>
      found.section === "services" ? [{ folder: dirname(path), name: found.entry.name }] : [],
    ),
  );
  folders.sort((a, b) => b.folder.length - a.folder.length);
  return (path) => {
    const own = folders.find(({ folder }) => path.startsWith(`${folder}/`));
    return own?.name ?? packageOf(path)?.split("/").at(-1) ?? basename(resolve(dirname(path)));
  };
}

function rootsOf(manifest: Manifest): TypeIndex[] {
  const roots: TypeIndex[] = [];
  for (const endpoint of manifest.endpoints) mapEndpoint(endpoint, (type) => (roots.push(type), type));
  return [...roots, ...manifest.topics.map(({ message }) => message)];
}

function orderKeys(endpoint: Endpoint): Endpoint {
  const { service, export: name, file, line, methods, path, pathGiven, kind, ...rest } = endpoint;
  return { service, export: name, file, line, methods, path, pathGiven, kind, ...rest };
}

function duplicates(manifest: Manifest): Problem[] {
  const seen = new Map<string, string>();
  const problems: Problem[] = [];
  const claim = (key: string, label: string, { file, line }: { file: string; line: number }): void => {
    const first = seen.get(key);
    if (first === undefined) seen.set(key, `${file}:${line}`);
    else
      problems.push({
        code: "duplicate",
        file,
        line,
        column: 1,
        length: 1,
        message: `${label} is already declared at ${first}`,
        hint: "Give one of the two another name.",
      });
  };
  for (const endpoint of manifest.endpoints) {
    const route = endpoint.path.replace(/\/([:*!])[^/]*/g, "/$1");
    for (const method of endpoint.methods)
      claim(`${method} ${route}`, `The route \`${method} ${endpoint.path}\``, endpoint);
  }
  for (const topic of manifest.topics) claim(`topic ${topic.name}`, `The topic \`${topic.name}\``, topic);
  for (const database of manifest.databases)
    claim(`database ${database.name}`, `The database \`${database.name}\``, database);
  for (const cron of manifest.crons) claim(`cron ${cron.id}`, `The cron job \`${cron.id}\``, cron);
  return problems;
}
