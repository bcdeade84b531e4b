import type { DeclarationModel, StartModel } from "@twinloop/core-native/build-time";
import { stringArgument, type Declaration } from "./declaration.ts";
import type { Declarator, KeptOption, NameArgument } from "./declares-definition.ts";
import { memberOf, staticValue, type Member, type StaticValue } from "./static-value.ts";
import { argumentsOf } from "./outer-check.ts";
import type { SyntaxNode } from "../typescript/syntax.ts";
import type { TypeReader } from "../types/type-reader.ts";

/** The entry that a declaration other than an endpoint adds to the app's model. */
export interface ModelEntry {
  readonly declarator: Declarator;
  readonly entry: Omit<DeclarationModel, "file" | "line">;
}

/** Reads a declaration by its package's description; null for one that declares nothing or has reported problems. */
export function readModelEntry(reader: TypeReader, declaration: Declaration): ModelEntry | null {
  const { declarator, call, what, package: home, variable } = declaration;
  if (declarator.name === undefined) return null;
  const name = readName(reader, declaration, declarator.name);
  if (name === null) return null;
  const types = readTypes(reader, declaration, name);
  if (types === null) return null;
  const index = declarator.options?.argument;
  const options = index === undefined ? undefined : call.arguments?.[index];
  const doc = variable === null ? "" : reader.source.documentation(variable);
  const entry = {
    ...{ what, package: home, noun: declarator.noun, name },
    ...(declarator.within === undefined
      ? {}
      : { within: nameOfArgument(reader, call.arguments?.[declarator.within]) }),
    ...(doc === "" ? {} : { doc }),
    ...(declarator.provides === undefined ? {} : { provides: declarator.provides }),
    ...(declarator.confidential === undefined ? {} : { confidential: declarator.confidential }),
    types,
    ...keptOptions(reader, options, declarator.options?.keep ?? {}),
  };
  return { declarator, entry };
}

/** The name of a declaration; null, with a reported problem, where it is invalid. */
function readName(reader: TypeReader, declaration: Declaration, rule: NameArgument): string | null {
  const argument = declaration.call.arguments?.[rule.argument];
  const location = argument === undefined ? declaration.location : reader.source.location(argument);
  const site = { location, path: "name" };
  const found = stringArgument(argument, reader.source);
  if ("value" in found) {
    if (rule.pattern === undefined || new RegExp(rule.pattern, "u").test(found.value)) return found.value;
    const message = `\`${found.value}\` cannot name a ${declaration.declarator.noun}`;
    reader.report(site, "option_invalid", message, rule.hint);
    return null;
  }
  const reason =
    found.code === "option_not_static"
      ? "cannot be read at build time"
      : "must be a string that is not empty";
  const hint = "Write it as a literal or a constant.";
  reader.report(site, found.code, `The name of this ${declaration.what} ${reason}`, hint);
  return null;
}

/**
 * The types that a declaration names; null where the app describes them at run time, or, with a reported problem, where
 * one is missing.
 */
function readTypes(
  reader: TypeReader,
  declaration: Declaration,
  name: string,
): DeclarationModel["types"] | null {
  const { declarator, call, location } = declaration;
  const index = declarator.options?.argument;
  const options = index === undefined ? undefined : call.arguments?.[index];
  const types: DeclarationModel["types"] = {};
  for (const [of, rule] of Object.entries(declarator.types ?? {})) {
    const node = call.typeArguments?.[rule.argument];
    if (node !== undefined) {
      const site = { location: reader.source.location(node), path: of };
      types[of] = reader.read(reader.source.typeOfTypeNode(node), site);
      continue;
    }
    // A declaration with a schema of its own is described when the app starts.
    if (rule.unlessOption !== undefined && hasOption(reader, options, rule.unlessOption)) return null;
    const message = rule.missing.replaceAll("{name}", name);
    reader.report({ location, path: of }, "request_not_declared", message, rule.hint);
    return null;
  }
  return types;
}

/** The name of another declaration, by the variable that holds it; null where it is unknown. */
function nameOfArgument(reader: TypeReader, argument: SyntaxNode | undefined): string | null {
  const found = stringArgument(argumentsOf(reader, argument)?.[0], reader.source);
  return "value" in found ? found.value : null;
}

type Kept = Pick<DeclarationModel, "options" | "folders" | "unread">;

/** Reads the call of `start()`; null where it has no option that the manifest keeps. */
export function readStart(reader: TypeReader, { call, declarator }: Declaration): StartModel | null {
  const { options, unread } = keptOptions(reader, call.arguments?.[0], declarator.options?.keep ?? {});
  if (Object.keys(options).length === 0 && unread === undefined) return null;
  return { options, ...(unread === undefined ? {} : { unread }) };
}

/** The options that the manifest keeps of an object expression, by the rules of its declarator. */
export function keptOptions(
  reader: TypeReader,
  options: SyntaxNode | undefined,
  rules: Readonly<Record<string, KeptOption>>,
): Kept {
  const kept: DeclarationModel["options"] = {};
  const folders: string[] = [];
  const unread: string[] = [];
  for (const [name, rule] of Object.entries(rules)) {
    if (!hasOption(reader, options, name)) continue;
    const value = keptValue(reader, options, name, rule);
    if (value === undefined) unread.push(name);
    else kept[name] = value;
    if (rule.as === "folder" && value !== undefined) folders.push(name);
  }
  return {
    options: kept,
    ...(folders.length === 0 ? {} : { folders }),
    ...(unread.length === 0 ? {} : { unread }),
  };
}

function keptValue(
  reader: TypeReader,
  options: SyntaxNode | undefined,
  name: string,
  rule: KeptOption,
): StaticValue | undefined {
  if (rule.as === "presence") return true;
  const value = optionOf(reader, options, name);
  if (rule.as === "value" || typeof value === "string") return value;
  const member = memberAt(reader, options, name);
  if (typeof member !== "object" || rule.member === undefined) return undefined;
  const inner = optionOf(reader, member.found, rule.member);
  return typeof inner === "string" ? inner : undefined;
}

function hasOption(reader: TypeReader, options: SyntaxNode | undefined, name: string): boolean {
  return typeof memberAt(reader, options, name) === "object";
}

/** Finds an option by its name, or by the names that lead to it: `openapi.title`. */
function memberAt(reader: TypeReader, options: SyntaxNode | undefined, path: string): Member {
  let found: Member = options === undefined ? "absent" : { found: options };
  for (const name of path.split(".")) {
    if (typeof found !== "object") return found;
    found = memberOf(found.found, name, reader.source);
  }
  return found;
}

function optionOf(
  reader: TypeReader,
  options: SyntaxNode | undefined,
  name: string,
): StaticValue | undefined {
  const member = memberAt(reader, options, name);
  return typeof member === "object" ? staticValue(member.found, reader.source) : undefined;
}
