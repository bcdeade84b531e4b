import { stream } from "../statement/stream.ts";
import { READING_WORDS, requireWord } from "./fence.ts";
import { ReadingError } from "./reading-error.ts";
import { inReading, type ReadingTransaction } from "./reading-transaction.ts";

/** The first words of statements that have a plan. */
const PLANNED = [
  ...READING_WORDS.filter((word) => word !== "explain" && word !== "show"),
  ...["insert", "update", "delete", "merge"],
];
const READ_AND_PLANNED = PLANNED.filter((word) => READING_WORDS.includes(word));

/** The name under which a statement is prepared for its plan. */
const PREPARED = "twinloop_explained";

/** A statement whose plan is wanted. */
export interface PlanRequest {
  /** One statement; its parameters, `$1`, may stay without values. */
  readonly sql: string;
  /** Whether the statement is run, so that the plan has times and row counts. Default false. */
  readonly analyze?: boolean;
}

/**
 * Gives the plan of one statement, as `EXPLAIN (FORMAT JSON)` has it.
 *
 * A statement with parameters, as a trace shows it, is planned for any values of them. Without `analyze` nothing is run, so
 * that statements that write have a plan too.
 *
 * Errors: `ReadingError` `invalid_argument` for a statement without a plan, for one that writes or has parameters together with
 *         `analyze`, and for several; those of the server, with their SQLSTATE.
 */
export async function explainStatement(database: string, request: PlanRequest): Promise<unknown> {
  const { sql, analyze = false } = request;
  requireWord(sql, analyze ? READ_AND_PLANNED : PLANNED);
  return inReading(database, async (reading) => {
    // A superuser keeps its rights for a plan alone: without them the plan of a change would be refused.
    if (analyze) await reading.lowerRights();
    await reading.rows("set local plan_cache_mode = force_generic_plan");
    await alone(reading, `prepare ${PREPARED} as ${sql}`);
    try {
      return await planOf(reading, analyze);
    } finally {
      // What is prepared outlives the transaction, where that has not failed.
      await reading.rows(`deallocate ${PREPARED}`).catch(() => undefined);
    }
  });
}

async function planOf(reading: ReadingTransaction, analyze: boolean): Promise<unknown> {
  const [known] = await reading.rows<{ count: number }>(
    `select cardinality(parameter_types) as count from pg_prepared_statements where name = '${PREPARED}'`,
  );
  const count = known?.count ?? 0;
  if (analyze && count > 0) {
    const message = "A statement with parameters has no values to be run with.";
    throw new ReadingError("invalid_argument", message, "Put values in their places, or leave out analyze.");
  }
  const values = count === 0 ? "" : `(${Array.from({ length: count }, () => "null").join(", ")})`;
  const options = analyze ? "format json, analyze, buffers" : "format json";
  const [row] = await reading.rows<Record<string, unknown>>(
    `explain (${options}) execute ${PREPARED}${values}`,
  );
  return Object.values(row ?? {})[0];
}

/** Runs a text that must be one statement: the server gives no portal for several. */
async function alone(reading: ReadingTransaction, text: string): Promise<void> {
  const { runner } = reading;
  for await (const _ of stream(runner, runner.place.statements.ofText(text), [])) void _;
}
