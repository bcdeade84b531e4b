import type { Enclosing, Site } from "./site.ts";

/** The number of nested instances of one declaration from which its expansion is taken to be endless. */
const maxNested = 50;
/**
 * The number of instances of all declarations around a value that ends the reading at that depth, for types that also
 * branch: `n?: Tree<T[]>; m?: Tree<{ v: T }>`.
 */
const maxInstances = 1000;
const minNested = 8;

/** The origin shared by all arrays and tuples, because `type Lists<T> = T | Lists<T[]>[]` has no other. */
export const lists = { of: "lists" };

/** Detects types that expand into themselves without end: `interface Inf<T> { n?: Inf<T[]> }`. */
export class ExpansionGuard {
  readonly #instances = new Map<object | number, number>();

  /** The site inside one more instance of `origin`; null when there are too many. */
  enter(site: Site, origin: object | number | null): Site | null {
    if (origin === null) return site;
    const outer = site.within ?? null;
    const count = nestedIn(outer, origin) + 1;
    const instances = origin === lists ? 0 : (this.#instances.get(origin) ?? 0) + 1;
    this.#instances.set(origin, instances);
    if (count > maxNested || (count > minNested && instances > maxInstances)) return null;
    return { ...site, within: { origin, count, outer } };
  }
}

function nestedIn(enclosing: Enclosing | null, origin: object | number): number {
  for (let at = enclosing; at !== null; at = at.outer) if (at.origin === origin) return at.count;
  return 0;
}
