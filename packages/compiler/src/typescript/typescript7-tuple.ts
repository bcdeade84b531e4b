import { ElementFlags, type TupleType, type TypeReference } from "typescript-7/unstable/sync";
import { elementModifier } from "./type-flags.ts";
import type { TupleElement, Type } from "./type-source.ts";

/** The elements of a tuple type as TypeScript 7 tells of it; `parameters` are the type arguments of the reference. */
export function tupleElements(tuple: TypeReference, parameters: readonly Type[]): TupleElement[] {
  // The empty tuple has no flags.
  const elementFlags = (tuple.getTarget() as Partial<TupleType>).elementFlags ?? [];
  const names = ElementFlags as unknown as Record<string, number>;
  return parameters
    .slice(0, elementFlags.length)
    .map((type, index) => ({ type, modifier: elementModifier(elementFlags[index] ?? 0, names) }));
}
