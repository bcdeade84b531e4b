import { relativePath } from "../project/relative-path.ts";
import type { FileExtract, Place } from "../declarations/extract-file.ts";
import type { ModelEntry } from "../declarations/model.ts";
import type { Problem } from "../problems/problem.ts";

type Files = ReadonlyMap<string, FileExtract>;

/** The modules of the app that run, as far as their imports tell. */
export interface Reach {
  /**
   * Absolute paths of the modules that the app loads: those reached from its entries, or, without an entry, from all
   * modules that declare something.
   */
  readonly loaded: ReadonlySet<string>;
  /** Warnings about modules with declarations that nothing loads, and about an app that never starts. */
  readonly warnings: readonly Problem[];
}

/**
 * Follows the imports from the modules that call `start()`, and from `entry` where one is given.
 *
 * Shape: an app may have several entries, each of which starts its part; modules that no entry imports do not run.
 * Where a loaded module imports a computed name, the reach is unknown and no warning is given.
 */
export function reachOf(root: string, files: Files, entry: string | null): Reach {
  const starting = [...files].filter(([, extract]) => extract.starts).map(([path]) => path);
  const declaring = [...files].filter(([, extract]) => declares(extract)).map(([path]) => path);
  const isKnown = entry !== null && files.has(entry);
  const roots = isKnown ? [entry, ...starting] : starting;
  const fromRoots = closure(roots, files);
  const using = [...files].filter(([, extract]) => extract.isOurs).map(([path]) => path);
  const loaded = closure([...roots, ...declaring, ...using], files);
  const startless = unstarted(root, files, { entry: isKnown ? entry : null, starting, declaring });
  // An entry outside of the files that TypeScript reads may import and start everything.
  if (entry !== null && !isKnown) return { loaded, warnings: [] };
  if (startless !== null) return { loaded, warnings: [startless] };
  if (roots.length === 0 || [...fromRoots].some((path) => files.get(path)?.loads.unknown === true))
    return { loaded, warnings: [] };
  const importer = relativePath(root, roots[0] ?? "");
  const lost = declaring.filter((path) => !fromRoots.has(path) && !isScript(path, files));
  return { loaded, warnings: lost.map((path) => unreached(root, path, files, importer)) };
}

function closure(from: readonly string[], files: Files): Set<string> {
  const found = new Set(from);
  const pending = [...from];
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    for (const next of files.get(path)?.loads.paths ?? []) {
      if (!found.has(next)) pending.push(next);
      found.add(next);
    }
  }
  return found;
}

function declares({ endpoints, entries }: FileExtract): boolean {
  return endpoints.length > 0 || entries.some(isRead);
}

/**
 * Whether a module acts on its own with a database or a topic, such as a seed or a tool, which no module needs to
 * import.
 */
function isScript(path: string, files: Files): boolean {
  const extract = files.get(path);
  if (extract === undefined || !extract.acts || needsStart(extract)) return false;
  return ![...files.values()].some(({ loads }) => loads.paths.includes(path));
}

/** Whether the file declares something that runs by itself, and only after `start()`. */
function needsStart({ endpoints, entries }: FileExtract): boolean {
  return endpoints.length > 0 || entries.some(({ declarator }) => declarator.runs === true);
}

/** Whether a declaration has an effect only where its module is loaded. A service without options is only a name. */
function isRead({ declarator, entry }: ModelEntry): boolean {
  return declarator.role !== "service" || Object.keys(entry.options).length > 0;
}

function unstarted(
  root: string,
  files: Files,
  {
    entry,
    starting,
    declaring,
  }: { entry: string | null; starting: readonly string[]; declaring: readonly string[] },
): Problem | null {
  const waiting = declaring.filter((path) => needsStart(files.get(path)!));
  if (waiting.length === 0) return null;
  const isStarted =
    entry === null ? starting.length > 0 : starting.some((path) => closure([entry], files).has(path));
  if (isStarted) return null;
  const place = waiting[0]!;
  const message =
    entry === null
      ? "No module calls `start()`: nothing that the app declares runs"
      : `\`${relativePath(root, entry)}\` and what it imports never call \`start()\`: nothing that the app declares runs`;
  const hint = "End the entry with `await start();`: each @twinloop package exports `start`.";
  return { code: "start_missing", ...placeIn(root, place, firstPlace(files.get(place)!)), message, hint };
}

function unreached(root: string, path: string, files: Files, importer: string): Problem {
  const extract = files.get(path)!;
  const file = relativePath(root, path);
  const message = `\`${file}\` is never imported: ${contents(extract)} ${isOne(extract) ? "does" : "do"} not run`;
  const hint = `Import it where the app starts, in \`${importer}\` or in a module that it imports; or leave the file out of the tsconfig.`;
  return { code: "not_loaded", ...placeIn(root, path, firstPlace(extract)), message, hint };
}

/** The declarations of a file in words: `endpoint GET /np/other, cron job j`. */
function contents({ endpoints, entries }: FileExtract): string {
  const routes = endpoints.map(
    ({ methods, path, export: name }) => `endpoint ${methods.join(",")} ${path ?? `/….${name ?? ""}`}`,
  );
  const others = entries.filter(isRead).map(({ entry }) => `${entry.noun} \`${entry.name}\``);
  const all = [...routes, ...others];
  return all.length > 6 ? `${all.slice(0, 5).join(", ")} and ${all.length - 5} more` : all.join(", ");
}

function isOne({ endpoints, entries }: FileExtract): boolean {
  return endpoints.length + entries.filter(isRead).length === 1;
}

function firstPlace({ endpoints, entries }: FileExtract): Place {
  const places = [...endpoints, ...entries].map(({ place }) => place).sort((a, b) => a.line - b.line);
  return places[0] ?? { line: 1, column: 1, length: 1 };
}

function placeIn(
  root: string,
  path: string,
  place: Place,
): Pick<Problem, "file" | "line" | "column" | "length"> {
  return { file: relativePath(root, path), ...place };
}
