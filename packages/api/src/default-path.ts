import { dirname, relative, resolve } from "node:path";
import { isThere, sourcePlace, type EndpointModel } from "@twinloop/core-native/internal";
import { methodsOf, type Endpoint } from "./registry.ts";

/** An endpoint of the running code with its model in the manifest. */
type Pair = readonly [Endpoint, EndpointModel];

/**
 * Matches endpoints without a path to those of the manifest, by the place of their declaration.
 *
 * The source map of the running code gives the source's file and line; without one, the endpoints of a module are those
 * of the source that has the same name and declares the same routes in the same order, and a bundle is taken apart into
 * such sources. What fits in two ways is left without a name, and no source is given to two modules.
 *
 * Shape:  the endpoints of this isolate, the manifest's, the app's root -> `name` and `path` of each that is found.
 */
export function nameByPlace(
  declared: readonly Endpoint[],
  models: readonly EndpointModel[],
  root: string,
): void {
  if (declared.every(({ path }) => path !== undefined)) return;
  const free = grouped(models.filter(isCode), ({ file }) => file);
  // The compiler reads no packages.
  const modules = [...grouped(declared, ({ site }) => site?.file ?? "")]
    .filter(([file]) => file !== "" && !/[\\/]node_modules[\\/]/.test(file))
    .map(([file, endpoints]) => new Module(relativeTo(root, file), endpoints, root));
  for (const find of [byExactPlace, byMovedPlace, bySameName, byOrder]) {
    for (const module of modules.filter(({ isSettled }) => !isSettled)) {
      const pairs = find(module, free);
      if (pairs === undefined) continue;
      module.isSettled = true;
      for (const [endpoint, model] of pairs) settle(endpoint, model, free);
    }
  }
}

/** Gives an endpoint the name and path of its model, and takes the model's file out of those that later modules may match. */
function settle(endpoint: Endpoint, model: EndpointModel, free: Map<string, EndpointModel[]>): void {
  free.delete(model.file);
  endpoint.name ??= `${model.service}.${model.export}`;
  endpoint.path ??= model.path;
}

/**
 * The endpoints of the manifest by their source, whose path is relative to the app's root; only files that no module has
 * taken.
 */
type Sources = ReadonlyMap<string, readonly EndpointModel[]>;

/** A file of running code, with the endpoints that it declares. */
class Module {
  /** The file's path from the app's root. */
  readonly file: string;
  readonly endpoints: readonly Endpoint[];
  /** The source of each endpoint, as far as a source map tells it: its path from the root, and the line. */
  readonly places: ReadonlyMap<Endpoint, { readonly file: string; readonly line: number }>;
  /** Whether the file lies in the app's folder or in that of the entry script. */
  readonly isApps: boolean;
  readonly #root: string;
  isSettled = false;

  constructor(file: string, endpoints: readonly Endpoint[], root: string) {
    this.file = file;
    this.endpoints = endpoints;
    this.#root = root;
    const started = dirname(process.argv[1] ?? root);
    this.isApps = !file.startsWith("../") || !relativeTo(started, resolve(root, file)).startsWith("../");
    const places = endpoints.flatMap((endpoint) => {
      const place = endpoint.site && sourcePlace(endpoint.site);
      return place ? [[endpoint, { file: relativeTo(root, place.file), line: place.line }] as const] : [];
    });
    this.places = new Map(places);
  }

  /** Pairs endpoints with those of the source that `named` gives for each source of the source map. */
  pairs(sources: Sources, named: (file: string) => string | undefined): Pair[] {
    const mapped = this.endpoints.filter((endpoint) => this.places.has(endpoint));
    const bySource = grouped(mapped, (endpoint) => named(this.places.get(endpoint)!.file) ?? "");
    return [...bySource].flatMap(([file, found]) =>
      byLine(found, sources.get(file) ?? [], (endpoint) => this.places.get(endpoint)?.line, true),
    );
  }

  /** Whether all sources that the source map names exist on the disk. */
  get hasSources(): boolean {
    return [...this.places.values()].every(({ file }) => isThere(resolve(this.#root, file)));
  }
}

/** Matches by the file and line that the source map gives, or else by those of the running code. */
function byExactPlace(module: Module, sources: Sources): readonly Pair[] | undefined {
  if (module.places.size > 0) {
    const pairs = module.pairs(sources, (file) => file);
    // Where a source exists but is not in the manifest, a source of a similar name is not taken for it.
    return pairs.length > 0 || module.hasSources ? pairs : undefined;
  }
  const itself = sources.get(module.file);
  if (itself) return byLine(module.endpoints, itself, ({ site }) => site?.line, false);
  return /\.(?:[cm]?ts|tsx|jsx)$/.test(module.file) ? [] : undefined;
}

/** Matches by the end of the path that the source map gives, because the build may have run in another folder. */
function byMovedPlace(module: Module, sources: Sources): readonly Pair[] | undefined {
  if (module.places.size === 0) return undefined;
  return module.pairs(sources, (file) => {
    const inner = file.replace(/^(?:\.\.\/)+/, "");
    const ends = [...sources.keys()].filter(
      (known) => known === inner || known.endsWith(`/${inner}`) || inner.endsWith(`/${known}`),
    );
    return ends.length === 1 ? ends[0] : undefined;
  });
}

/**
 * Matches in order where the routes are equal, else line by line, as where some declarations of a source have not run.
 *
 * A file that is its own source may have been compiled by a loader without a source map: its lines count only if all fit.
 */
function byLine(
  endpoints: readonly Endpoint[],
  models: readonly EndpointModel[],
  lineOf: (endpoint: Endpoint) => number | undefined,
  isMapped: boolean,
): Pair[] {
  if (hasShape(models, endpoints)) return inOrder(endpoints, models);
  const atLine = grouped(models, ({ line }) => String(line));
  const taken = new Map<string, number>();
  const found = endpoints.flatMap((endpoint): Pair[] => {
    const line = String(lineOf(endpoint));
    const index = taken.get(line) ?? 0;
    taken.set(line, index + 1);
    const model = atLine.get(line)?.[index];
    return model && routeOf(model) === shapeOf(endpoint) ? [[endpoint, model]] : [];
  });
  return isMapped || found.length === endpoints.length ? found : [];
}

/** Matches by the file's name, whatever its folder: `dist/users/api.js` is `src/users/api.ts`. */
function bySameName({ file, endpoints, isApps }: Module, sources: Sources): readonly Pair[] | undefined {
  if (!isApps) return undefined;
  const fitting = [...sources].filter(([, models]) => hasShape(models, endpoints));
  const scored = fitting.map(([source, models]) => ({ models, score: commonEnd(file, source) }));
  const best = Math.max(0, ...scored.map(({ score }) => score));
  const winners = scored.filter(({ score }) => score === best);
  return best > 0 && winners.length === 1 ? inOrder(endpoints, winners[0]!.models) : undefined;
}

/** Counts the path segments that two paths share from their ends, without extensions. */
function commonEnd(one: string, other: string): number {
  const [left = [], right = []] = [one, other].map((path) =>
    path
      .replace(/\.[^./]+$/, "")
      .split("/")
      .reverse(),
  );
  const differs = left.findIndex((part, index) => part !== right[index]);
  return differs === -1 ? left.length : differs;
}

/** The most steps of the search for a bundle's sources. */
const MOST_STEPS = 10_000;

/** Splits a bundle's endpoints into whole sources, one after another; returns nothing where two splits fit. */
function byOrder({ endpoints, isApps }: Module, free: Sources): readonly Pair[] {
  if (!isApps) return [];
  const sources = [...free.values()];
  let steps = 0;
  const solutions: Pair[][] = [];
  const used = new Set<readonly EndpointModel[]>();
  const place = (at: number, pairs: readonly Pair[]): void => {
    if (++steps > MOST_STEPS || solutions.length > 1) return;
    if (at === endpoints.length) return addUnlessKnown(solutions, pairs);
    for (const models of sources) {
      const part = endpoints.slice(at, at + models.length);
      if (used.has(models) || models.length === 0 || !hasShape(models, part)) continue;
      used.add(models);
      place(at + models.length, [...pairs, ...inOrder(part, models)]);
      used.delete(models);
    }
  };
  place(0, []);
  return solutions.length === 1 && steps <= MOST_STEPS ? solutions[0]! : [];
}

/**
 * Adds a solution unless an equal one is there. Solutions are equal when each endpoint without a path has the same
 * match.
 */
function addUnlessKnown(solutions: Pair[][], pairs: readonly Pair[]): void {
  const open = pairs.filter(([{ path }]) => path === undefined);
  const isKnown = solutions.some((known) => known.every(([, model], index) => model === open[index]?.[1]));
  if (!isKnown) solutions.push([...open]);
}

/** Pairs endpoints and models by their index; both lists have the same shape. */
function inOrder(endpoints: readonly Endpoint[], models: readonly EndpointModel[]): Pair[] {
  return endpoints.map((endpoint, index) => [endpoint, models[index]!]);
}

/** Tells whether the endpoints declare the same routes as the models, in the same order. */
function hasShape(models: readonly EndpointModel[], endpoints: readonly Endpoint[]): boolean {
  return (
    models.length === endpoints.length &&
    endpoints.every((endpoint, index) => shapeOf(endpoint) === routeOf(models[index]!))
  );
}

/** What is known of an endpoint without the manifest: its kind, its methods, and its path where one is given. */
function shapeOf({ kind, options }: Endpoint): string {
  return `${kind} ${methodsOf(options).join(",")} ${options.path ?? ""}`;
}

/** The text of a model that `shapeOf` gives for its endpoint; a default path counts as none. */
function routeOf({ kind, methods, path, pathGiven }: EndpointModel): string {
  return `${kind} ${[...methods].sort().join(",")} ${pathGiven ? path : ""}`;
}

/** Tells whether a model is an endpoint with a handler: folders always have a path, and need no name. */
function isCode({ kind }: EndpointModel): boolean {
  return kind !== "static";
}

function relativeTo(root: string, file: string): string {
  return relative(root, file).replaceAll("\\", "/");
}

function grouped<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group) group.push(item);
    else groups.set(key(item), [item]);
  }
  return groups;
}
