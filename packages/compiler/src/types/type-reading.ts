import type { Node, TypeIndex } from "@twinloop/core-native/build-time";
import type { Location, Shape, Type, TypeSource } from "../typescript/type-source.ts";
import type { Documented } from "./doc-comment.ts";
import type { Report, Site } from "./site.ts";

/** A union whose tag is chosen once all its arms are complete. */
export interface UnionSite {
  index: TypeIndex;
  site: Site;
}

/**
 * The interface of a declaration's type reader for the readers of objects, unions, intersections and markers.
 * `TypeReader` implements the interface; it and the other readers are mutually recursive.
 */
export interface TypeReading {
  readonly source: TypeSource;
  readonly report: Report;
  /** Unions whose tag is not yet chosen. */
  readonly unions: UnionSite[];
  /** The node of a type. */
  read(type: Type, site: Site): TypeIndex;
  /** The node for a set of union members, which may be a single one. */
  readParts(parts: readonly Type[], site: Site): TypeIndex;
  /** Queues the node for members inside another type, which is made after the enclosing types. */
  readInside(parts: readonly Type[], site: Site): TypeIndex;
  /** Makes every queued node. */
  finish(): void;
  /**
   * The index for a key; the first call reserves the index before the node is made, so that the node may refer to
   * itself.
   */
  once(key: string, make: (index: TypeIndex) => Node | TypeIndex): TypeIndex;
  /** The node at an index. */
  node(index: TypeIndex): Node;
  /** Appends a node. */
  add(node: Node): TypeIndex;
  /** Reports a type that has no node. */
  refuse(type: Type, shape: Shape, site: Site): Node;
  /** Whether the type was reported as one without a node. */
  isRefused(type: Type): boolean;
  /** The return type of an object's `toJSON`; null when it has none. */
  jsonOf(type: Type): Type | null;
  /** What the doc comment of a declaration says; nothing where the declaration is in no file of the app. */
  documented(location: Location | null): Documented;
  /** The members of a type without `undefined`; the type itself where it is not a union. */
  definedParts(type: Type): readonly Type[];
}
