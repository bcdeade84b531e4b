import type { ObjectShape, Property, Type, TypeSource } from "../typescript/type-source.ts";

/** Built-in types that have a JSON form of their own. */
export type BuiltIn = "array" | "date" | "bytes";

/**
 * The built-in type that an interface or class extends, directly or indirectly; null where it extends none.
 *
 * `interface Tags extends Array<string> {}` is an array, `class NativeDate extends Date {}` a date.
 */
export function builtInOf(source: TypeSource, type: Type, shape: ObjectShape): BuiltIn | null {
  const own = ownBuiltIn(shape);
  if (own !== null) return own;
  if (shape.name === null || shape.package === "lib") return null;
  // Most types extend no built-in type, which their property names show without a question for each base.
  if (!source.properties(type).some(({ name }) => witnesses.has(name))) return null;
  for (const base of source.bases(type)) {
    const baseShape = source.shape(base);
    if (baseShape.kind === "array") return "array";
    const found = baseShape.kind === "object" ? builtInOf(source, base, baseShape) : null;
    if (found !== null) return found;
  }
  return null;
}

/** The built-in type that a type of the language or of Node is itself; null for others. */
export function ownBuiltIn({ name, package: origin }: ObjectShape): BuiltIn | null {
  if (origin === "lib" && name === "Date") return "date";
  if (origin === "lib" && name === "Uint8Array") return "bytes";
  return origin === "@types/node" && name === "Buffer" ? "bytes" : null;
}

const witnesses: ReadonlySet<string> = new Set(["getTime", "length"]);

/** The properties that an interface adds to the array, date or bytes it extends, which JSON cannot represent. */
export function addedData(source: TypeSource, type: Type): readonly Property[] {
  const inherited = new Set(
    source.bases(type).flatMap((base) => source.properties(base).map(({ name }) => name)),
  );
  return source.properties(type).filter((property) => {
    if (property.symbolKey || property.optional || inherited.has(property.name)) return false;
    const shape = source.shape(property.type);
    return shape.kind !== "object" || !shape.callable;
  });
}
