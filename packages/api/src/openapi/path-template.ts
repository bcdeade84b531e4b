/** A path as OpenAPI writes it. */
export interface PathTemplate {
  /** The path, such as `/links/{slug}`. */
  readonly path: string;
  /** The names of the parameters in the app, each with its name in the document, in their order. */
  readonly names: readonly (readonly [own: string, shown: string])[];
  /** The parameter that takes the rest of the path; `undefined` where there is none. */
  readonly rest: string | undefined;
}

/**
 * Gives each route its template. Two templates that differ in the names of their parameters alone are the same path to OpenAPI, so that
 * later routes take over the names of the first one.
 *
 * Source: OpenAPI 3.1, "Paths Object".
 */
export class PathTemplates {
  readonly #first = new Map<string, readonly string[]>();

  /** The template of a route. Must be called in the order in which routes are to win their names. */
  of(route: string): PathTemplate {
    const segments = route.split("/");
    const own = segments.filter(isParameter).map((segment) => segment.slice(1));
    const shape = segments.map((segment) => (isParameter(segment) ? "{}" : segment)).join("/");
    const shown = this.#first.get(shape) ?? own;
    this.#first.set(shape, shown);
    let at = 0;
    const path = segments.map((segment) => (isParameter(segment) ? `{${shown[at++]}}` : segment)).join("/");
    const last = segments.at(-1) ?? "";
    return {
      path,
      names: own.map((name, index) => [name, shown[index] ?? name] as const),
      rest: /^[*!]./.test(last) ? last.slice(1) : undefined,
    };
  }
}

function isParameter(segment: string): boolean {
  return /^[:*!]./.test(segment);
}
