import { SQLError } from "../error.ts";
import { toPoolError } from "./pool-error.ts";
import type { TypeParsers } from "./pool-peer.ts";
import { isSubmittable } from "./pool-submittable.ts";
import { readTag, toField, type PoolResult } from "./pool-result.ts";
import { isNative, parserOf, type ClientTypes } from "./pool-types.ts";
import { prepareValues } from "./pool-value.ts";
import { Flag } from "../argument/flag.ts";
import { Runner } from "../statement/runner.ts";
import { VALUES_FROM, type Batch, type Columns, type Row } from "../statement/row.ts";
import type { Statement } from "../statement/statement.ts";
import { kindOf, unreadable } from "../argument/unreadable.ts";

/** A callback in node-postgres' convention: the error first. */
export type Callback<T> = (error: Error | null | undefined, result?: T) => void;

/** A statement in node-postgres' form. */
export interface PoolQuery {
  readonly text: string;
  readonly values?: readonly unknown[];
  /**
   * The name of the statement. Every statement is prepared anyway; a name lets later calls on the same client leave the
   * text out.
   */
  readonly name?: string;
  /** With `"array"`, rows are arrays instead of objects. */
  readonly rowMode?: "array";
  /** Parsers that read values from the server's text, by the type's OID. */
  readonly types?: TypeParsers;
  /** The time limit in milliseconds. */
  readonly query_timeout?: number;
}

/** The properties of a query object before their types are checked. */
type Unread = { readonly [Name in keyof PoolQuery]: unknown };

/** The parsed arguments of one call of `query()`. */
export interface PoolCall {
  readonly query: PoolQuery;
  readonly callback: Callback<PoolResult> | undefined;
  /** The reason why the arguments were refused; `undefined` for valid ones. */
  readonly fault: SQLError | undefined;
}

/**
 * Parses the arguments of `query()`: `(text)`, `(text, callback)`, `(text, values, callback)`, and the same with an
 * object in place of the text.
 *
 * Errors: never throws; `fault` holds an `invalid_parameter`, with which the caller rejects the result.
 */
export function readCall(
  query: string | PoolQuery | null | undefined,
  values: readonly unknown[] | Callback<PoolResult> | undefined,
  callback: Callback<PoolResult> | undefined,
): PoolCall {
  const given = typeof values === "function" ? { callback: values } : { values, callback };
  let back = given.callback ?? undefined;
  try {
    const config = (typeof query === "object" && query !== null ? query : { text: query }) as PoolQuery;
    back ??= (config as { callback?: Callback<PoolResult> }).callback ?? undefined;
    requireCallback(back);
    const read = isSubmittable(config) ? config : readConfig(config, given.values);
    return { query: read, callback: back, fault: undefined };
  } catch (error) {
    const called = typeof back === "function" ? back : undefined;
    return { query: { text: "" }, callback: called, fault: unreadable("a query", error) };
  }
}

/** Reads the properties of a query object, each once. */
function readConfig(config: PoolQuery, given: readonly unknown[] | undefined): PoolQuery {
  const { text, name, rowMode, types, query_timeout } = config;
  const read = { text, name, rowMode, types, query_timeout, values: given ?? config.values };
  check(read);
  return read as PoolQuery;
}

/** Refuses a callback that is not a function, before the query runs. */
export function requireCallback(callback: unknown): void {
  if (callback === undefined || callback === null || typeof callback === "function") return;
  throw new SQLError("invalid_parameter", `a callback is a function, not ${kindOf(callback)}`);
}

/**
 * Passes a promise's result to a callback, if there is one; an error that the callback throws is uncaught, as in
 * node-postgres. `noError` is the first argument on success.
 */
export function answer<T>(
  promise: Promise<T>,
  callback: Callback<T> | undefined,
  noError: { readonly is: null | undefined } = { is: null },
): Promise<T> {
  if (!callback) return promise;
  promise.then(
    (result) => process.nextTick(callback, noError.is, result),
    (error: Error) => process.nextTick(callback, error),
  );
  return undefined as unknown as Promise<T>;
}

/**
 * Runs a statement with node-postgres' semantics; several statements in one text give an array of results.
 *
 * Errors: as `toPoolError` converts them, with the stack of the caller that awaits the result.
 */
export async function runPoolQuery(
  runner: Runner,
  query: PoolQuery,
  defaults: ClientTypes,
): Promise<PoolResult> {
  try {
    const types = query.types ?? defaults;
    const statement = runner.place.statements.ofText(query.text);
    const parameters = prepareValues(query.values ?? []);
    const isRead = query.types !== undefined || !defaults.hasNone;
    const asText = isRead && (query.types !== undefined || !isAllNative(known(statement), types));
    const timed =
      query.query_timeout === undefined
        ? runner
        : new Runner(runner.place, { ...runner.options, timeout: query.query_timeout });
    const batches = await timed.runAll(statement, parameters, asText ? Flag.Text : 0);
    if (batches.length === 1) remember(statement, batches[0]!.columns, asText);
    const results = batches.map((batch) => toResult(batch, query, asText ? types : undefined));
    return results.length === 1 ? results[0]! : (results as unknown as PoolResult);
  } catch (error) {
    const told = toPoolError(error);
    // V8 follows the promises from here to the caller that awaits this one.
    if (told instanceof SQLError) Error.captureStackTrace(told, runPoolQuery);
    throw told;
  }
}

function check({ text, values, name, types }: Unread): void {
  const refuse = (message: string): never => {
    throw new SQLError("invalid_parameter", message);
  };
  if (typeof text === "function")
    refuse("Passing a function as the first parameter to pool.query is not supported");
  if (text === null || (text === undefined && name === undefined)) {
    refuse("A query must have either text or a name. Supplying neither is unsupported.");
  }
  if (typeof text !== "string" && text !== undefined)
    refuse(`the text of a query is a string, not ${kindOf(text)}`);
  if (name !== undefined && name !== null && typeof name !== "string")
    refuse(`the name of a query is a string, not ${kindOf(name)}`);
  if (values !== undefined && values !== null && !Array.isArray(values))
    refuse("Query values must be an array");
  if (types !== undefined && types !== null && typeof (types as TypeParsers).getTypeParser !== "function")
    refuse("the types of a query are an object with a getTypeParser function");
}

function remember(statement: Statement, columns: Columns, asText: boolean): void {
  if (asText) statement.textColumns = columns;
  else statement.columns = columns;
}

/** The columns of the statement's last result, in whichever form it was requested. */
function known(statement: Statement): Columns | undefined {
  return statement.textColumns ?? statement.columns;
}

/** Whether Rust converts all columns as the parsers would; a statement without a known result is requested as text. */
function isAllNative(columns: Columns | undefined, types: TypeParsers): boolean {
  return columns !== undefined && columns.list.every(({ type }) => isNative(type, types));
}

function toResult(batch: Batch, { rowMode }: PoolQuery, types: TypeParsers | undefined): PoolResult {
  const { columns, hasNaN, tag } = batch;
  const rowAsArray = rowMode === "array";
  if (types) parse(batch, types);
  const told = readTag(tag);
  const rows: (Row | unknown[])[] =
    columns.list.length === 0 && told.command === "SELECT"
      ? Array.from({ length: told.rowCount ?? 0 }, () => (rowAsArray ? [] : {}))
      : rowAsArray
        ? columns.buildArrays(batch.values, VALUES_FROM, hasNaN)
        : columns.build(batch.values, VALUES_FROM, hasNaN);
  return { ...told, rows, fields: columns.list.map(toField), rowAsArray };
}

/** Replaces the texts of a batch by the parsers' results. */
function parse({ columns, values }: Batch, types: TypeParsers): void {
  const width = columns.names.length;
  columns.list.forEach(({ type }, index) => {
    const parser = parserOf(types, type);
    for (let at = VALUES_FROM + index; at < values.length; at += width) {
      if (values[at] !== null) values[at] = parser(values[at] as string);
    }
  });
}
