import type { BigintMode } from "./row.ts";
import type { Statements } from "./statement.ts";

/** The place at which statements run: any connection of a pool, or one session. */
export interface Place {
  readonly statements: Statements;
  readonly bigints: BigintMode;
  readonly queryTimeout: number;
  /** Whether statements carry a comment with their trace. */
  readonly traceComments: boolean;
  /** The name of the database. */
  readonly database: string;
  /** The pool's number; `undefined` while the pool is not open. */
  readonly pool: number | undefined;
  /** Opens the pool where it is not open, and returns its number. */
  open(): Promise<number>;
  /** The session's number; 0 for any connection of the pool. */
  readonly session: number;
  /** Draws the turn of the next statement in its session. */
  nextTurn(): number;
}
