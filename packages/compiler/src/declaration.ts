import type { ProblemCode } from "./problem.ts";
import { staticValue } from "./static-value.ts";
import {
  declaredCalls,
  exportedNames,
  type AccessNode,
  type DeclaredCall,
  type NameNode,
  type SyntaxNode,
} from "./syntax.ts";
import type { Location, SourceText, TypeSource } from "./type-source.ts";
import { initializerOf } from "./static-value.ts";

/** A call in the app that declares something of `@twinloop/*`. */
export interface Declaration extends DeclaredCall {
  /** As `@twinloop/api`. */
  package: string;
  /** As `api`, `api.raw`, `Topic`. */
  what: string;
  /** The exported name; null when it is not exported. */
  exportName: string | null;
  location: Location;
}

/** What declares something, by package. */
const declarators: Readonly<Record<string, readonly string[]>> = {
  "@twinloop/api": [
    "api",
    "api.raw",
    "api.static",
    "api.sse",
    "api.streamIn",
    "api.streamOut",
    "api.streamInOut",
    "Service",
  ],
  "@twinloop/pubsub": ["Topic", "Subscription"],
  "@twinloop/sqldb": ["SQLDatabase"],
  "@twinloop/cron": ["CronJob"],
  "@twinloop/secrets": ["secret"],
};

const roots = new Set(
  Object.values(declarators)
    .flat()
    .map((what) => what.split(".")[0]),
);

/** The declarations of a file, in source order. */
export function declarationsOf(file: SourceText, source: TypeSource): Declaration[] {
  const { kinds } = source;
  const exported = exportedNames(file.tree, kinds);
  return declaredCalls(file.tree, kinds).flatMap((found): Declaration[] => {
    const origin = originOf(found.call.expression, source);
    if (origin === null || declarators[origin.package]?.includes(origin.what) !== true) return [];
    const name = found.variable?.text ?? null;
    const isDefault = found.call.parent.kind === kinds.ExportAssignment;
    const exportName = isDefault
      ? "default"
      : name === null
        ? null
        : found.exported
          ? name
          : (exported.get(name) ?? null);
    return [{ ...found, ...origin, exportName, location: source.location(found.call) }];
  });
}

/** Follows a callee to what declares it: imports, re-exports, namespaces, and constants that stand for another. */
function originOf(callee: SyntaxNode, source: TypeSource): { package: string; what: string } | null {
  const { kinds } = source;
  if (callee.kind === kinds.Identifier) return originOfName(callee, source);
  if (callee.kind !== kinds.PropertyAccessExpression) return null;
  const { expression, name } = callee as AccessNode;
  // The object first: `api.raw` is a member of what `api` is; only then a namespace's member, `twinloop.api`.
  const object = originOf(expression, source);
  if (object !== null) return { package: object.package, what: `${object.what}.${name.text}` };
  return roots.has(name.text) || mayBeAlias(expression, source) ? originOfName(name, source) : null;
}

/** Only a namespace import's members are worth a question: `links.get(…)` on any other value declares nothing. */
function mayBeAlias(expression: SyntaxNode, source: TypeSource): boolean {
  if (expression.kind !== source.kinds.Identifier) return false;
  const kind = source.resolve(expression)?.kind;
  return kind !== undefined && isModule(kind, source);
}

function isModule(kind: number, source: TypeSource): boolean {
  return kind === source.kinds.SourceFile || kind === source.kinds.ModuleDeclaration;
}

function originOfName(name: SyntaxNode, source: TypeSource): { package: string; what: string } | null {
  const resolved = source.resolve(name);
  if (resolved === null || isModule(resolved.kind, source)) return null;
  if (resolved.package?.startsWith("@twinloop/") === true && declarators[resolved.package] !== undefined) {
    return { package: resolved.package, what: resolved.name };
  }
  const initializer = initializerOf(name, source);
  const { kinds } = source;
  const stands =
    initializer?.kind === kinds.Identifier || initializer?.kind === kinds.PropertyAccessExpression;
  return stands && (initializer as NameNode).text !== (name as NameNode).text
    ? originOf(initializer, source)
    : null;
}

/** The string that an argument is, or what is wrong with it. */
export function stringArgument(
  argument: SyntaxNode | undefined,
  source: TypeSource,
): { value: string } | { code: ProblemCode } {
  if (argument === undefined) return { code: "option_invalid" };
  const value = staticValue(argument, source);
  if (value === undefined) return { code: "option_not_static" };
  return typeof value === "string" && value !== "" ? { value } : { code: "option_invalid" };
}
