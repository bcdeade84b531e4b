import { toSQLError } from "../error.ts";
import { answerOf, call, newToken, Operation } from "../native.ts";
import { milliseconds, queryOptions, throwIfAborted, type QueryOptions } from "./query-options.ts";
import { Flag } from "../argument/flag.ts";
import { encodeParameters } from "./parameter.ts";
import { KeptRows } from "./kept-rows.ts";
import type { Place } from "./place.ts";
import { readBatch, readBatches, rowsOf, type Batch, type Row } from "./row.ts";
import { RowAnswer, RowsAnswer } from "./rows-answer.ts";
import { statementRows, type StatementRows } from "./statement-rows.ts";
import type { Statement } from "./statement.ts";
import { traceComment } from "./trace-comment.ts";

/** Runs statements at one place with one set of options. */
export class Runner {
  /** Where statements run: any connection of the pool, or one session. */
  readonly place: Place;
  /** The options of the queries, checked. */
  readonly options: QueryOptions;

  constructor(place: Place, options: QueryOptions) {
    this.place = place;
    this.options = queryOptions(options);
  }

  /**
   * Writes the argument of an operation that takes a statement. The turn is drawn last, because nothing may fail after
   * it.
   */
  argument(
    pool: number,
    token: number,
    statement: Statement,
    values: readonly unknown[],
    flags: number,
  ): string {
    const { place } = this;
    const timeout = milliseconds("timeout", this.options.timeout ?? place.queryTimeout);
    const all = flags | (place.bigints === "number" ? Flag.BigintNumbers : 0);
    const shape = (flags & Flag.Text ? statement.textColumns : statement.columns)?.id ?? 0;
    const comment = place.traceComments ? traceComment() : undefined;
    const text = comment === undefined ? statement.json : JSON.stringify(statement.text + comment);
    const bits = comment === undefined ? all : all | Flag.Once;
    const rest = `${timeout},${token},${bits},${shape},${text},${encodeParameters(values)}]`;
    const { session } = place;
    return `[[${pool},${session},${session === 0 ? 0 : place.nextTurn()}],${rest}`;
  }

  /** Runs a statement and returns its whole result. */
  async run(statement: Statement, values: readonly unknown[], flags = 0): Promise<Batch> {
    const { place } = this;
    const { signal } = this.options;
    throwIfAborted(signal);
    const pool = place.pool ?? (await place.open());
    const token = signal ? newToken() : 0;
    const known = flags & Flag.Text ? statement.textColumns : statement.columns;
    const argument = this.argument(pool, token, statement, values, flags);
    const { text, failed } = await answerOf(Operation.query, argument, token, signal);
    if (failed) throw toSQLError(text);
    return this.read(text, statement, known, flags);
  }

  /** Runs a statement whose rows stay in Rust until they are opened; of rows beyond the first, with `Flag.FirstRow`, nothing is kept. */
  async kept(statement: Statement, values: readonly unknown[], flags = 0): Promise<KeptRows> {
    const { place } = this;
    const { signal } = this.options;
    throwIfAborted(signal);
    const pool = place.pool ?? (await place.open());
    const token = signal ? newToken() : 0;
    const all = place.bigints === "bigint" ? flags | Flag.Bigints : flags;
    const argument = `${this.argument(pool, token, statement, values, all).slice(0, -1)},${statement.form}]`;
    const { text, failed } = await answerOf(Operation.answer, argument, token, signal);
    if (failed) throw toSQLError(text);
    return new KeptRows(text, statement, place.bigints);
  }

  /** Runs a statement and returns its rows, unopened. */
  async rowsAnswer<T extends Row>(statement: Statement, values: readonly unknown[]): Promise<RowsAnswer<T>> {
    return new RowsAnswer<T>(await this.kept(statement, values));
  }

  /** Runs a statement and returns its first row, unopened; `null` without one. */
  async rowAnswer<T extends Row>(
    statement: Statement,
    values: readonly unknown[],
  ): Promise<RowAnswer<T> | null> {
    const kept = await this.kept(statement, values, Flag.FirstRow);
    if (kept.length > 0) return new RowAnswer<T>(kept);
    kept.release();
    return null;
  }

  /** Runs a text of one or several statements and returns a batch for each. */
  async runAll(statement: Statement, values: readonly unknown[], flags = 0): Promise<Batch[]> {
    const { place } = this;
    const { signal } = this.options;
    throwIfAborted(signal);
    const pool = place.pool ?? (await place.open());
    const token = signal ? newToken() : 0;
    const asText = (flags & Flag.Text) !== 0;
    const known = asText ? statement.textColumns : statement.columns;
    const argument = this.argument(pool, token, statement, values, flags | Flag.AllResults);
    return readBatches(await call(Operation.query, argument, token, signal), known, place.bigints, asText);
  }

  /** Parses a batch and remembers its columns. */
  read(text: string, statement: Statement, known: Batch["columns"] | undefined, flags = 0): Batch {
    const asText = (flags & Flag.Text) !== 0;
    const batch = readBatch(text, known, this.place.bigints, asText);
    if (asText) statement.textColumns = batch.columns;
    else statement.columns = batch.columns;
    return batch;
  }

  /** Runs a statement and returns its rows. */
  async rows<T extends Row>(statement: Statement, values: readonly unknown[]): Promise<T[]> {
    return rowsOf(await this.run(statement, values)) as T[];
  }

  /** Runs a statement and returns its first row; `null` without one. Further rows are not an error. */
  async row<T extends Row>(statement: Statement, values: readonly unknown[]): Promise<T | null> {
    const rows = await this.rows<T>(statement, values);
    return rows[0] ?? null;
  }

  /** Runs a text of several statements and returns the rows of each. */
  async all<T extends Row>(statement: Statement): Promise<StatementRows<T>[]> {
    return (await this.runAll(statement, [])).map((batch) => statementRows<T>(batch));
  }

  /** Runs a statement and returns how many rows it changed; rows that it returns do not cross to JavaScript. */
  async affected(statement: Statement, values: readonly unknown[]): Promise<number> {
    return (await this.run(statement, values, Flag.NoRows)).affected;
  }
}
