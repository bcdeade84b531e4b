import type ts from "typescript-6";
import type { CheckedSource } from "./checked-source.ts";
import type { SourcePlace } from "./source-place.ts";

/** A database as its `new SQLDatabase` declares it. */
export interface FoundDatabase {
  readonly place: SourcePlace;
  /** The name, where it is written as a text. */
  readonly name: string | undefined;
  /** The option `bigint`, `string` by default; `undefined` where only the running app knows it. */
  readonly bigint: string | undefined;
  /** The option `onConnect` where it is SQL, "" where it is absent; `undefined` where only the running app knows it. */
  readonly setUp: string | undefined;
}

/** The databases that a file declares, in the order of the source. */
export function findDatabases(source: CheckedSource, file: ts.SourceFile): FoundDatabase[] {
  const { ts, checker } = source;
  if (!/\bnew\b/.test(file.text) || !file.text.includes("SQLDatabase")) return [];
  const found: FoundDatabase[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isNewExpression(node) && source.isHomeType(checker.getTypeAtLocation(node), "SQLDatabase")) {
      const [name, options] = node.arguments ?? [];
      found.push({
        place: source.placeOf(node),
        name: name !== undefined && ts.isStringLiteralLike(name) ? name.text : undefined,
        bigint: textOption(source, options, { name: "bigint", absent: "string" }),
        setUp: textOption(source, options, { name: "onConnect", absent: "" }),
      });
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

/** An option whose value is a text in the sources; `undefined` where it is not. */
function textOption(
  source: CheckedSource,
  options: ts.Expression | undefined,
  { name, absent }: { readonly name: string; readonly absent: string },
): string | undefined {
  if (options === undefined) return absent;
  const { checker, shapes, ts } = source;
  const property = checker.getTypeAtLocation(options).getProperty(name);
  if (property === undefined) return absent;
  const value = source.initializerOf(property);
  const inner = value === undefined ? undefined : source.unwrap(value);
  if (inner !== undefined && ts.isStringLiteralLike(inner)) return inner.text;
  const { literals, kinds, isAny } = shapes.read(checker.getTypeOfSymbolAtLocation(property, options));
  return literals?.length === 1 && !isAny && kinds.length === 1 ? literals[0] : undefined;
}
