import type ts from "typescript-6";
import type { CheckedSource } from "./checked-source.ts";
import { Composer } from "./composer.ts";
import { DatabaseTrace } from "./database-trace.ts";
import type { FoundStatement, RowShape } from "./found-statement.ts";

/** The tags that run a statement, and whether they return its rows. */
const TAGS: ReadonlyMap<string, boolean> = new Map([
  ...(["query", "queryAll", "queryRow", "answerAll", "answerRow"] as const).map(
    (name) => [name, true] as const,
  ),
  ["exec", false],
]);
/** Matches a source that may have such a tag. */
const MAY_HAVE = /\.\s*(?:query|queryAll|queryRow|answerAll|answerRow|exec)\s*[<`]/;

/** The statements of a file that run on the databases of the app, in the order of the source. */
export function findStatements(source: CheckedSource, file: ts.SourceFile): FoundStatement[] {
  if (!MAY_HAVE.test(file.text)) return [];
  const search = new Search(source);
  search.visit(file);
  return search.found;
}

class Search {
  readonly found: FoundStatement[] = [];
  readonly #source: CheckedSource;
  readonly #composer: Composer;
  readonly #trace: DatabaseTrace;

  constructor(source: CheckedSource) {
    this.#source = source;
    this.#composer = new Composer(source);
    this.#trace = new DatabaseTrace(source);
  }

  visit(node: ts.Node): void {
    const { ts } = this.#source;
    if (ts.isTaggedTemplateExpression(node) && ts.isPropertyAccessExpression(node.tag)) {
      this.#read(node, node.tag);
    }
    ts.forEachChild(node, (child) => this.visit(child));
  }

  #read(node: ts.TaggedTemplateExpression, tag: ts.PropertyAccessExpression): void {
    const method = tag.name.text;
    const hasRows = TAGS.get(method);
    if (hasRows === undefined || !this.#source.isOfHome(this.#source.symbolAt(tag.name))) return;
    const name = this.#source.placeOf(tag.name);
    const last = node.typeArguments?.at(-1);
    this.found.push({
      method,
      place: this.#source.placeOf(node.template),
      head: last === undefined ? name : { ...name, end: last.end + 1 },
      row: hasRows ? this.#rowOf(node) : null,
      database: this.#trace.of(tag.expression),
      alternatives: this.#composer.template(node.template),
    });
  }

  /** The type that is written between `<` and `>`, or that is inferred from where the rows go. */
  #rowOf(node: ts.TaggedTemplateExpression): RowShape | null {
    const { checker } = this.#source;
    const [written] = node.typeArguments ?? [];
    if (written !== undefined) return this.#shapeOf(checker.getTypeFromTypeNode(written));
    const signature = checker.getResolvedSignature(node);
    if (signature === undefined) return null;
    const [given] = typeArguments(checker, checker.getReturnTypeOfSignature(signature));
    const members = given === undefined ? [] : given.isUnion() ? given.types : [given];
    const row = members.find((member) => (member.flags & this.#source.ts.TypeFlags.Null) === 0);
    if (row === undefined) return null;
    const name = row.getSymbol()?.name ?? "";
    const isList = checker.isArrayType(row) || name === "RowsAnswer" || name === "RowAnswer";
    const [inner = row] = isList ? typeArguments(checker, row) : [row];
    return this.#shapeOf(inner);
  }

  /** The members of a row's type; `null` for one that takes any column, such as the default. */
  #shapeOf(type: ts.Type): RowShape | null {
    const { ts, checker, shapes } = this.#source;
    const isOpen =
      (type.flags & (ts.TypeFlags.Any | ts.TypeFlags.Unknown | ts.TypeFlags.TypeParameter)) !== 0 ||
      checker.getIndexInfosOfType(type).length > 0;
    if (isOpen) return null;
    const members = checker.getPropertiesOfType(type).map((property) => {
      const isOptional = (property.flags & ts.SymbolFlags.Optional) !== 0;
      const shape = shapes.read(checker.getTypeOfSymbol(property));
      return { name: property.name, isOptional, shape };
    });
    return { printed: printedRow(checker.typeToString(type)), members };
  }
}

function typeArguments(checker: ts.TypeChecker, type: ts.Type): readonly ts.Type[] {
  if (type.aliasTypeArguments !== undefined) return type.aliasTypeArguments;
  return checker.getTypeArguments(type as ts.TypeReference);
}

/** The name of a row's type in messages; an anonymous type is called so. */
function printedRow(printed: string): string {
  return printed.startsWith("{") ? "the row's type" : printed;
}
