import type { Alternative } from "./alternative.ts";
import type { TracedDatabase } from "./database-trace.ts";
import type { SourcePlace } from "./source-place.ts";
import type { ValueShape } from "./value-shape.ts";

/** A property of a row's type. */
export interface RowMember {
  readonly name: string;
  readonly isOptional: boolean;
  readonly shape: ValueShape;
}

/** The type that the sources give to a statement's rows. */
export interface RowShape {
  /** The type as TypeScript prints it. */
  readonly printed: string;
  readonly members: readonly RowMember[];
}

/** One statement of the app's sources. */
export interface FoundStatement {
  /** The method that runs the statement: `queryRow`. */
  readonly method: string;
  /** The range of the template. */
  readonly place: SourcePlace;
  /** The range of the method's name, with its type argument where one is written. */
  readonly head: SourcePlace;
  /** The type of the rows; `null` where the sources give none, and where the method returns no rows. */
  readonly row: RowShape | null;
  /** The database; `undefined` where the sources do not tell it. */
  readonly database: TracedDatabase | undefined;
  readonly alternatives: readonly Alternative[];
}
