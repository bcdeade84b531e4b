import { createRequire } from "node:module";
import { join } from "node:path";
import { appMeta } from "@twinloop/core-native";

/** A source of type parsers, as node-postgres defines it. */
export interface TypeParsers {
  /** The function that turns the text of a value of the type `oid` into a JavaScript value. */
  getTypeParser(oid: number, format?: "text"): (text: string) => unknown;
}

/** The parts of node-postgres that are used where the app has it installed. */
export interface Peer {
  /** The class of node-postgres' errors. */
  readonly DatabaseError?: new (message: string, length: number, name: string) => Error;
  /** The type parsers, with those that the app has registered; without them Rust converts the values. */
  readonly types?: TypeParsers;
}

let found: Peer | undefined;

/**
 * The app's own copy of node-postgres, so that `instanceof pg.DatabaseError` and `pg.types.setTypeParser` refer to the
 * app's copy.
 */
export function peer(): Peer {
  return (found ??= load(join(appMeta().root, "package.json")) ?? load(import.meta.url) ?? {});
}

function load(from: string): Peer | undefined {
  try {
    const { DatabaseError, types } = createRequire(from)("pg") as Partial<Peer>;
    if (types === undefined) return undefined;
    return DatabaseError === undefined ? { types } : { DatabaseError, types };
  } catch {
    return undefined;
  }
}
