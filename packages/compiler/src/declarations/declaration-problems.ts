import { sortProblems, type Problem, type ProblemCode } from "../problems/problem.ts";
import { shortPath, type Site } from "../types/site.ts";
import { EndlessType } from "../types/type-reader.ts";

type Place = Pick<Problem, "file" | "line" | "column" | "length">;

/**
 * The number of problems shown for one declaration; a type that is wrong at its root is wrong in hundreds of places.
 */
const maxShown = 10;

/** Collects the problems of one declaration: each once, the first ten, and the number of further ones. */
export class DeclarationProblems {
  readonly #placeOf: (site: Site) => Place;
  readonly #found = new Map<string, Problem>();

  constructor(placeOf: (site: Site) => Place) {
    this.#placeOf = placeOf;
  }

  report(site: Site, code: ProblemCode, message: string, hint?: string): void {
    const place = this.#placeOf(site);
    const key = JSON.stringify([place, code, message]);
    if (this.#found.has(key)) return;
    this.#found.set(key, { code, ...place, message, ...(hint === undefined ? {} : { hint }) });
  }

  /** Converts the error that ended the reading to a problem: an endless type, or an error of the checker. */
  failed(error: unknown, declaration: Site): void {
    if (error instanceof EndlessType) {
      const { site, typeName } = error;
      const name = typeName === null ? "This type" : `\`${typeName}\``;
      const depth = site.within?.count ?? 0;
      this.report(
        site,
        "type_endless",
        `\`${shortPath(site.path)}\`: ${name} contains itself with new type arguments at each level; ${depth} levels were read`,
        "Use the same type arguments for the inner type, or limit the depth.",
      );
      return;
    }
    const text = String(error instanceof Error ? error.message : error);
    if (/\bfloat64\b.*[+-]Inf/s.test(text)) {
      this.report(
        declaration,
        "type_not_json",
        `The types of \`${declaration.path}\` contain a number literal such as \`1e999\`, which a double cannot represent`,
        "Write a smaller number, or leave the bound out.",
      );
      return;
    }
    const [cause] = text.split("\n");
    this.report(
      declaration,
      "checker_failed",
      `The types of \`${declaration.path}\` could not be read: ${cause}`,
      "Run `tsc --noEmit` to see TypeScript's message, or simplify the type.",
    );
  }

  /** The problems to show; the last one has the number of further problems. */
  shown(declaration: Site): Problem[] {
    const all = [...this.#found.values()];
    if (all.length <= maxShown) return all;
    const shown = sortProblems(all.slice(0, maxShown));
    const { file, line, column, length } = shown.at(-1) ?? this.#placeOf(declaration);
    const message = `and ${all.length - maxShown} more problems of \`${declaration.path}\``;
    const hint = "Fix the problems above to see them.";
    return [
      ...shown,
      { code: "more_problems", file, line, column, length, message, hint, more: all.length - maxShown - 1 },
    ];
  }
}
