import { batches } from "../statement/stream.ts";
import { VALUES_FROM, type Batch, type Column } from "../statement/row.ts";
import { READING_WORDS, requireWord } from "./fence.ts";
import { inReading, type ReadingTransaction } from "./reading-transaction.ts";

/** The most characters of one value, and by default of all rows, that are given. */
const MAX_VALUE = 4_000;
const MAX_CHARACTERS = 200_000;

/** A statement with its parameters, and how much of its result is wanted. */
export interface ReadRequest {
  /** One statement; `$1`, `$2` stand for the parameters. */
  readonly sql: string;
  readonly parameters?: readonly unknown[];
  /** The most rows that are read from the server. */
  readonly limit: number;
  /** The most characters of all rows, as JSON. Default 200 000. */
  readonly maxCharacters?: number;
}

/** A column of a result. */
export interface ReadColumn {
  readonly name: string;
  /** The type as PostgreSQL writes it, such as `timestamp with time zone`. */
  readonly type: string;
}

/** The rows of a statement, and whether there are more. */
export interface ReadResult {
  readonly columns: readonly ReadColumn[];
  /** The values of each row, by column, in a form that JSON can carry. */
  readonly rows: readonly (readonly unknown[])[];
  /** Whether the statement has more rows than are given here. */
  readonly isCut: boolean;
  /** The time from the statement's begin until its last row was read, in milliseconds. */
  readonly durationMs: number;
}

/**
 * Runs one statement that reads on a database of the app.
 *
 * Shape:  bytes become base64, `bigint` and what JSON lacks texts; texts beyond 4,000 characters end with their length.
 * Units:  10 s; `limit` rows; `maxCharacters` in all.
 * Errors: `ReadingError` `invalid_argument` for a statement that does not read and for several, `not_found` for the database; those
 *         of the server, with their SQLSTATE.
 */
export async function readStatement(database: string, request: ReadRequest): Promise<ReadResult> {
  requireWord(request.sql, READING_WORDS);
  return inReading(database, async (reading) => {
    await reading.lowerRights();
    const begun = performance.now();
    const { columns, rows, isCut } = await take(reading, request);
    const durationMs = performance.now() - begun;
    const types = await typeNames(reading, columns);
    const named = columns.map(({ name, type }) => ({ name, type: types.get(type) ?? String(type) }));
    return { columns: named, rows, isCut, durationMs };
  });
}

interface Taken {
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly unknown[])[];
  readonly isCut: boolean;
}

/** Reads rows until there are enough. One statement alone has a portal to read from: the server refuses several. */
async function take(reading: ReadingTransaction, request: ReadRequest): Promise<Taken> {
  const { sql, parameters = [], limit, maxCharacters = MAX_CHARACTERS } = request;
  const statement = reading.runner.place.statements.ofText(sql);
  const rows: unknown[][] = [];
  let columns: readonly Column[] = [];
  let size = 0;
  for await (const batch of batches(reading.runner, statement, parameters, 0, tableOf)) {
    columns = batch.columns;
    for (const row of batch.rows) {
      if (rows.length === limit || size > maxCharacters) return { columns, rows, isCut: true };
      const shown = row.map(shortened);
      size += JSON.stringify(shown).length;
      rows.push(shown);
    }
  }
  return { columns, rows, isCut: false };
}

function tableOf({ columns, values, hasNaN }: Batch): {
  readonly columns: readonly Column[];
  readonly rows: readonly unknown[][];
} {
  return { columns: columns.list, rows: columns.buildArrays(values, VALUES_FROM, hasNaN) };
}

/** A value in a form that JSON can carry, of a bounded length. */
function shortened(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shortened);
  if (typeof value === "bigint" || (typeof value === "number" && !Number.isFinite(value)))
    return String(value);
  const text = Buffer.isBuffer(value) ? value.toString("base64") : value;
  if (typeof text === "string") return cut(text);
  if (typeof text !== "object" || text === null) return text;
  const written = JSON.stringify(text);
  return written.length <= MAX_VALUE ? text : cut(written);
}

function cut(text: string): string {
  return text.length <= MAX_VALUE ? text : `${text.slice(0, MAX_VALUE)}… (${text.length} characters)`;
}

/** The names of types by their OIDs. */
async function typeNames(
  reading: ReadingTransaction,
  columns: readonly Column[],
): Promise<ReadonlyMap<number, string>> {
  const oids = [...new Set(columns.map(({ type }) => type))].filter(Number.isSafeInteger);
  if (oids.length === 0) return new Map();
  const found = await reading.rows<{ oid: string; name: string }>(
    `select oid::text, format_type(oid, null) as name from pg_type where oid in (${oids.join(", ")})`,
  );
  return new Map(found.map(({ oid, name }) => [Number(oid), name]));
}
