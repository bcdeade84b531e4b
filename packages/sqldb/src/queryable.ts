import { call, newToken, Operation } from "./native.ts";
import { encodeParameters } from "./parameter.ts";
import type { QueryOptions } from "./options.ts";
import { readBatch, VALUES_FROM, type Batch, type BigintMode, type Row } from "./row.ts";
import type { Statement, Statements } from "./statement.ts";
import { stream } from "./stream.ts";

/** Where statements run: any connection of a pool, or one session. */
export interface Place {
  readonly statements: Statements;
  readonly bigints: BigintMode;
  readonly queryTimeout: number;
  /** The name of the database. */
  readonly database: string;
  /** The pool's number, if it is open. */
  readonly pool: number | undefined;
  /** Opens it. */
  open(): Promise<number>;
  /** 0 for any connection. */
  readonly session: number;
  /** The next statement's place in its session. */
  nextTurn(): number;
}

const FLAG_TEXT = 1;
const FLAG_BIGINT_NUMBERS = 2;

/** Text or template, its values and the connection: all that makes a statement run. */
export class Runner {
  readonly place: Place;
  readonly options: QueryOptions;

  constructor(place: Place, options: QueryOptions) {
    this.place = place;
    this.options = options;
  }

  /** The argument of an operation that takes a statement. */
  argument(
    pool: number,
    token: number,
    statement: Statement,
    values: readonly unknown[],
    asText: boolean,
  ): string {
    const { place } = this;
    const timeout = this.options.timeout ?? place.queryTimeout;
    const flags = (asText ? FLAG_TEXT : 0) | (place.bigints === "number" ? FLAG_BIGINT_NUMBERS : 0);
    const shape = (asText ? statement.textColumns : statement.columns)?.id ?? 0;
    const parameters = encodeParameters(values);
    const turn = place.session === 0 ? 0 : place.nextTurn();
    return `[${pool},${place.session},${turn},${timeout},${token},${flags},${shape},${statement.json},${parameters}]`;
  }

  /** Runs a statement to its end. */
  async run(statement: Statement, values: readonly unknown[], asText = false): Promise<Batch> {
    const { place } = this;
    const { signal } = this.options;
    signal?.throwIfAborted();
    const pool = place.pool ?? (await place.open());
    const token = signal ? newToken() : 0;
    const known = asText ? statement.textColumns : statement.columns;
    const text = await call(
      Operation.query,
      this.argument(pool, token, statement, values, asText),
      token,
      signal,
    );
    return this.read(text, statement, known, asText);
  }

  /** Reads a batch and remembers its columns. */
  read(text: string, statement: Statement, known: Batch["columns"] | undefined, asText = false): Batch {
    const batch = readBatch(text, known, this.place.bigints, asText);
    if (asText) statement.textColumns = batch.columns;
    else statement.columns = batch.columns;
    return batch;
  }

  async rows<T extends Row>(statement: Statement, values: readonly unknown[]): Promise<T[]> {
    const batch = await this.run(statement, values);
    return batch.columns.build(batch.values, VALUES_FROM, batch.hasNaN) as T[];
  }

  async row<T extends Row>(statement: Statement, values: readonly unknown[]): Promise<T | null> {
    const rows = await this.rows<T>(statement, values);
    return rows[0] ?? null;
  }

  async affected(statement: Statement, values: readonly unknown[]): Promise<number> {
    return (await this.run(statement, values)).affected;
  }
}

/** What a database, a connection and a transaction have in common: statements. */
export abstract class Queryable {
  /** Runs statements where this object runs them. */
  protected abstract readonly runner: Runner;

  /**
   * Runs a statement and gives all its rows.
   *
   * Shape:  a template whose values become parameters -> an array of plain objects.
   * Errors: `SQLError`.
   */
  queryAll<T extends Row = Row>(strings: TemplateStringsArray, ...values: unknown[]): Promise<T[]> {
    const found = this.runner.place.statements.ofTemplate(strings, values);
    return this.runner.rows(found.statement, found.values);
  }

  /** Runs a statement and gives its first row, `null` where there is none. */
  queryRow<T extends Row = Row>(strings: TemplateStringsArray, ...values: unknown[]): Promise<T | null> {
    const found = this.runner.place.statements.ofTemplate(strings, values);
    return this.runner.row(found.statement, found.values);
  }

  /** Runs a statement and gives the number of rows it returned or changed. */
  exec(strings: TemplateStringsArray, ...values: unknown[]): Promise<number> {
    const found = this.runner.place.statements.ofTemplate(strings, values);
    return this.runner.affected(found.statement, found.values);
  }

  /**
   * Runs a statement and yields its rows one by one, in constant memory however many they are.
   *
   * The server is held back while nobody reads. Leaving the loop cancels the statement. Outside of a transaction a stream has a
   * connection of its own until it ends; one that is not read for a minute is ended.
   */
  query<T extends Row = Row>(
    strings: TemplateStringsArray,
    ...values: unknown[]
  ): AsyncGenerator<T, void, undefined> {
    const found = this.runner.place.statements.ofTemplate(strings, values);
    return stream<T>(this.runner, found.statement, found.values);
  }

  /** `query` with the text and its parameters apart. */
  rawQuery<T extends Row = Row>(text: string, ...parameters: unknown[]): AsyncGenerator<T, void, undefined> {
    return stream<T>(this.runner, this.runner.place.statements.ofText(text), parameters);
  }

  /** `queryAll` with the text and its parameters apart: `rawQueryAll("select $1::int", 1)`. */
  rawQueryAll<T extends Row = Row>(text: string, ...parameters: unknown[]): Promise<T[]> {
    return this.runner.rows(this.runner.place.statements.ofText(text), parameters);
  }

  /** `queryRow` with the text and its parameters apart. */
  rawQueryRow<T extends Row = Row>(text: string, ...parameters: unknown[]): Promise<T | null> {
    return this.runner.row(this.runner.place.statements.ofText(text), parameters);
  }

  /** `exec` with the text and its parameters apart. A text without parameters may hold several statements. */
  rawExec(text: string, ...parameters: unknown[]): Promise<number> {
    return this.runner.affected(this.runner.place.statements.ofText(text), parameters);
  }
}
