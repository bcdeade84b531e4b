import type { Row } from "./row.ts";
import type { RowAnswer, RowsAnswer } from "./rows-answer.ts";
import type { Runner } from "./runner.ts";
import { asksForAll, type Multi, type StatementRows } from "./statement-rows.ts";
import { stream } from "./stream.ts";
import { promised } from "../argument/unreadable.ts";

/** The statements that a database, a connection and a transaction have in common. */
export abstract class Queryable {
  /** Runs the statements of this object. */
  protected abstract readonly runner: Runner;

  /**
   * Runs a statement and returns all its rows.
   *
   * Shape:  a template whose values become parameters -> an array of plain objects.
   * Errors: `SQLError`.
   */
  queryAll<T extends Row = Row>(strings: TemplateStringsArray, ...values: unknown[]): Promise<T[]> {
    return promised(() => {
      const found = this.runner.place.statements.ofTemplate(strings, values);
      return this.runner.rows<T>(found.statement, found.values);
    });
  }

  /** Runs a statement and returns its first row, `null` where there is none. */
  queryRow<T extends Row = Row>(strings: TemplateStringsArray, ...values: unknown[]): Promise<T | null> {
    return promised(() => {
      const found = this.runner.place.statements.ofTemplate(strings, values);
      return this.runner.row<T>(found.statement, found.values);
    });
  }

  /**
   * Runs a statement whose rows are meant for an answer: they stay in Rust, and are written into the answer of the request from there
   * unless something opens them.
   *
   * Shape:  a template whose values become parameters -> a `RowsAnswer`, which response types read as an array.
   * Errors: `SQLError`.
   */
  answerAll<T extends Row = Row>(
    strings: TemplateStringsArray,
    ...values: unknown[]
  ): Promise<RowsAnswer<T>> {
    return promised(() => {
      const found = this.runner.place.statements.ofTemplate(strings, values);
      return this.runner.rowsAnswer<T>(found.statement, found.values);
    });
  }

  /** Runs `answerAll` for the first row, `null` where there is none. Further rows are not an error. */
  answerRow<T extends Row = Row>(
    strings: TemplateStringsArray,
    ...values: unknown[]
  ): Promise<RowAnswer<T> | null> {
    return promised(() => {
      const found = this.runner.place.statements.ofTemplate(strings, values);
      return this.runner.rowAnswer<T>(found.statement, found.values);
    });
  }

  /** Runs a statement and returns the number of rows it returned or changed. */
  exec(strings: TemplateStringsArray, ...values: unknown[]): Promise<number> {
    return promised(() => {
      const found = this.runner.place.statements.ofTemplate(strings, values);
      return this.runner.affected(found.statement, found.values);
    });
  }

  /**
   * Runs a statement and yields its rows one by one, in constant memory.
   *
   * The server waits while nobody reads. Leaving the loop cancels the statement. Outside of a transaction a stream
   * occupies a connection until it ends; a stream that is not read for a minute is ended.
   */
  query<T extends Row = Row>(
    strings: TemplateStringsArray,
    ...values: unknown[]
  ): AsyncGenerator<T, void, undefined> {
    const found = this.runner.place.statements.ofTemplate(strings, values);
    return stream<T>(this.runner, found.statement, found.values);
  }

  /** Runs `query` with the text and its parameters apart. */
  rawQuery<T extends Row = Row>(text: string, ...parameters: unknown[]): AsyncGenerator<T, void, undefined> {
    return stream<T>(this.runner, this.runner.place.statements.ofText(text), parameters);
  }

  /**
   * Runs a text of several statements and returns the result of each, in order: `rawQueryAll(text, { multi: true })`.
   *
   * Shape:  a text without parameters -> an array of results: the rows of each, with its `command` and `affected`.
   * Errors: `SQLError`. The server runs the statements in one transaction, unless the text says otherwise.
   */
  rawQueryAll<T extends Row = Row>(text: string, options: Multi): Promise<StatementRows<T>[]>;
  /** Runs `queryAll` with the text and its parameters apart: `rawQueryAll("select $1::int", 1)`. */
  rawQueryAll<T extends Row = Row>(text: string, ...parameters: unknown[]): Promise<T[]>;
  rawQueryAll<T extends Row>(text: string, ...parameters: unknown[]): Promise<T[] | StatementRows<T>[]> {
    return promised<T[] | StatementRows<T>[]>(() => {
      const { runner } = this;
      const statement = runner.place.statements.ofText(text);
      return asksForAll(text, parameters) ? runner.all<T>(statement) : runner.rows<T>(statement, parameters);
    });
  }

  /** Runs `queryRow` with the text and its parameters apart. */
  rawQueryRow<T extends Row = Row>(text: string, ...parameters: unknown[]): Promise<T | null> {
    return promised(() => this.runner.row<T>(this.runner.place.statements.ofText(text), parameters));
  }

  /** Runs `answerAll` with the text and its parameters apart. */
  rawAnswerAll<T extends Row = Row>(text: string, ...parameters: unknown[]): Promise<RowsAnswer<T>> {
    return promised(() => this.runner.rowsAnswer<T>(this.runner.place.statements.ofText(text), parameters));
  }

  /** Runs `answerRow` with the text and its parameters apart. */
  rawAnswerRow<T extends Row = Row>(text: string, ...parameters: unknown[]): Promise<RowAnswer<T> | null> {
    return promised(() => this.runner.rowAnswer<T>(this.runner.place.statements.ofText(text), parameters));
  }

  /** Runs `exec` with the text and its parameters apart. A text without parameters may hold several statements. */
  rawExec(text: string, ...parameters: unknown[]): Promise<number> {
    return promised(() => this.runner.affected(this.runner.place.statements.ofText(text), parameters));
  }
}
