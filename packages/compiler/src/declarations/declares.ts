import { readFileSync } from "node:fs";
import type { Declarator, Declares } from "./declares-definition.ts";
import type { NamedPackage } from "../project/package-of.ts";

const known = new Map<string, Declares>();

/**
 * Reads the declarators of a package, from the file that its package.json names as `twinloop.declares`.
 *
 * Shape:  the package -> its declarators; null for a package that names no such file.
 * Errors: an `Error` that names the file, where it cannot be read or violates `contract/declares.schema.json`.
 */
export function declaresOf(home: NamedPackage): Declares | null {
  if (home.declares === null) return null;
  const cached = known.get(home.declares);
  if (cached !== undefined) return cached;
  const read = readDeclares(home.declares);
  known.set(home.declares, read);
  return read;
}

/** Clears the cache, because packages may have been installed again. */
export function forgetDeclares(): void {
  known.clear();
}

function readDeclares(path: string): Declares {
  const value = parsed(path);
  const fault = declaresFault(value);
  if (fault === null) return withForms(value as Declares);
  throw new Error(
    `${path} does not describe what the package declares: ${fault}. Install the package again.`,
  );
}

function parsed(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`${path} cannot be read: ${why}. Install the package again.`, { cause: error });
  }
}

/**
 * Finds the fault that keeps a value from being used as `Declares`; null where there is none. Checks the properties
 * that extraction relies on.
 */
export function declaresFault(value: unknown): string | null {
  const declares = isObject(value) ? value["declares"] : undefined;
  if (!isObject(declares)) return "`declares` is no object";
  for (const [what, declarator] of Object.entries(declares)) {
    const fault = declaratorFault(declarator);
    if (fault !== null) return `\`declares["${what}"]\` ${fault}`;
    const lost = unknownForm(value as Declares, declarator as Declarator);
    if (lost !== undefined) return `\`declares["${what}"]\` names the form \`${lost}\`, which is not there`;
  }
  return null;
}

function unknownForm({ forms = {} }: Declares, { options }: Declarator): string | undefined {
  return Object.values(options?.forms ?? {}).find((name) => !Object.hasOwn(forms, name));
}

function declaratorFault(value: unknown): string | null {
  if (!isObject(value)) return "is no object";
  const { noun, name, options, endpoint, role, types = {} } = value as Partial<Declarator>;
  if (typeof noun !== "string") return "has no `noun`";
  const isNameless = role !== undefined && role !== "service";
  if (endpoint === undefined && !isNameless && !isIndex(name?.argument)) return "has no `name.argument`";
  if (options !== undefined && !isIndex(options.argument)) return "has no `options.argument`";
  const lost = Object.entries(types).find(([, type]) => !isIndex(type.argument));
  return lost === undefined ? null : `has no \`types.${lost[0]}.argument\``;
}

/** Puts the forms that options name into their texts. */
function withForms(declares: Declares): Declares {
  for (const { options } of Object.values(declares.declares)) {
    for (const [path, form] of Object.entries(options?.forms ?? {})) {
      options!.texts = { ...options!.texts, [path]: declares.forms![form]! };
    }
  }
  return declares;
}

function isIndex(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 0;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
