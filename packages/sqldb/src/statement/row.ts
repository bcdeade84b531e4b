import { compileRowBuilder, type RowBuilder, type ValueConversion } from "./row-builder.ts";

/** One row: a plain object with a property per column. */
// oxlint-disable-next-line typescript/no-explicit-any -- an untyped row must be usable without a cast, as with other clients.
export type Row = Record<string, any>;

/** The JavaScript type of `int8` values: a string keeps every digit, a number does up to 2^53. */
export type BigintMode = "string" | "bigint" | "number";

/** One column of a result. */
export interface Column {
  readonly name: string;
  /** The OID of its type. */
  readonly type: number;
}

/** The conversions of a value's JSON form. Source: `contract/cases/sqldb/kinds.json`. */
export const Kind = { Int8: 1, Instant: 2, Bytes: 3, Float: 4, Array: 16 } as const;

/** The batches of a shape that are built by a loop over its names, before code is generated for it. */
const BUILT_BY_LOOP = 20;

type Definition = readonly [id: number, ...columns: (readonly [name: string, type: number, kind: number])[]];

/** A JSON value of a batch, before it is converted by its column's type. */
type Value = unknown;

interface Conversion {
  readonly index: number;
  readonly convert: (value: Value) => unknown;
}

/** The columns of a statement's rows, known from its first result. */
export class Columns {
  readonly id: number;
  readonly list: readonly Column[];
  readonly names: readonly string[];
  /** Every row starts as a copy of this object, so that all rows share one hidden class. */
  readonly #template: Row = {};
  readonly #conversions: readonly Conversion[];
  readonly #floats: readonly number[];
  /** The conversion of each column. */
  readonly #byColumn: readonly ValueConversion[];
  /** How many batches were built without generated code. */
  #built = 0;
  #builder: RowBuilder | undefined;

  constructor([id, ...columns]: Definition, bigints: BigintMode, asText = false) {
    this.id = id;
    this.list = columns.map(([name, type]) => ({ name, type }));
    this.names = columns.map(([name]) => name);
    // Defined, not assigned: a column may be called __proto__.
    for (const name of this.names) {
      Object.defineProperty(this.#template, name, {
        value: null,
        writable: true,
        enumerable: true,
        configurable: true,
      });
    }
    const kinds = columns.map(([, , kind]) => (asText ? 0 : kind));
    this.#byColumn = kinds.map((kind) => conversionOf(kind, bigints));
    this.#conversions = this.#byColumn.flatMap((convert, index) => (convert ? [{ index, convert }] : []));
    this.#floats = kinds.flatMap((kind, index) => ((kind & ~Kind.Array) === Kind.Float ? [index] : []));
  }

  /** Builds the rows of a batch as objects. The values begin at `from`, row by row. */
  build(values: Value[], from: number, hasNaN: boolean): Row[] {
    const { names } = this;
    const width = names.length;
    if (width === 0) return [];
    if (this.#builder !== undefined) {
      if (hasNaN) this.#convertFloats(values, from);
      return this.#builder(values, from, (values.length - from) / width);
    }
    // A statement that is run again and again is worth code of its own.
    if (++this.#built === BUILT_BY_LOOP) this.#builder = compileRowBuilder(names, this.#byColumn);
    this.#convert(values, from, hasNaN);
    const rows = new Array<Row>((values.length - from) / width);
    let at = from;
    for (let index = 0; index < rows.length; index++) {
      const row = { ...this.#template };
      for (let column = 0; column < width; column++) row[names[column]!] = values[at++];
      rows[index] = row;
    }
    return rows;
  }

  /** Builds the rows of a batch as arrays. */
  buildArrays(values: Value[], from: number, hasNaN: boolean): unknown[][] {
    const width = this.names.length;
    if (width === 0) return [];
    this.#convert(values, from, hasNaN);
    const rows: unknown[][] = [];
    for (let at = from; at < values.length; at += width) rows.push(values.slice(at, at + width));
    return rows;
  }

  #convert(values: Value[], from: number, hasNaN: boolean): void {
    const width = this.names.length;
    for (const { index, convert } of this.#conversions) {
      for (let at = from + index; at < values.length; at += width) {
        if (values[at] !== null) values[at] = convert(values[at]);
      }
    }
    if (hasNaN) this.#convertFloats(values, from);
  }

  #convertFloats(values: Value[], from: number): void {
    const width = this.names.length;
    for (const index of this.#floats) {
      for (let at = from + index; at < values.length; at += width) values[at] = toFloats(values[at]);
    }
  }
}

function conversionOf(kind: number, bigints: BigintMode): ((value: Value) => unknown) | undefined {
  if (kind & Kind.Array) {
    const element = conversionOf(kind & ~Kind.Array, bigints);
    if (!element) return undefined;
    const each = (value: Value): unknown =>
      value === null ? null : Array.isArray(value) ? value.map(each) : element(value);
    return each;
  }
  if (kind === Kind.Instant) return (value) => toInstant(value as number);
  if (kind === Kind.Bytes) return (value) => Buffer.from(value as string, "base64");
  if (kind === Kind.Int8 && bigints === "bigint") return (value) => BigInt(value as string);
  return undefined;
}

/** Converts an instant. PostgreSQL's infinity becomes the number, as in node-postgres, because `Date` has none. */
function toInstant(ms: number): Date | number {
  return Number.isFinite(ms) ? new Date(ms) : ms;
}

/** Converts floats. JSON has no NaN, which is sent as a string. */
function toFloats(value: Value): Value {
  if (Array.isArray(value)) return value.map(toFloats);
  return typeof value === "string" ? Number(value) : value;
}

/** A statement's result as Rust sends it: `[affected, has NaN, columns or 0, value, …, tag]`. */
export interface Batch {
  /** The number of rows returned or changed. */
  readonly affected: number;
  /** The server's command tag, such as `INSERT 0 1`; empty for an empty statement. */
  readonly tag: string;
  readonly columns: Columns;
  readonly values: Value[];
  readonly hasNaN: boolean;
}

/** The index at which the values of a batch begin. */
export const VALUES_FROM = 3;

/** Parses a batch; `known` are the columns that the call named. */
export function readBatch(
  text: string,
  known: Columns | undefined,
  bigints: BigintMode,
  asText: boolean,
): Batch {
  return toBatch(JSON.parse(text) as Value[], known, bigints, asText);
}

/** Parses the batches of several statements; a single statement gives one. */
export function readBatches(
  text: string,
  known: Columns | undefined,
  bigints: BigintMode,
  asText: boolean,
): Batch[] {
  const parsed = JSON.parse(text) as Value[] | Value[][];
  if (!text.startsWith("[[") && text !== "[]") return [toBatch(parsed, known, bigints, asText)];
  return (parsed as Value[][]).map((values) => toBatch(values, undefined, bigints, asText));
}

function toBatch(values: Value[], known: Columns | undefined, bigints: BigintMode, asText: boolean): Batch {
  const tag = values.pop() as string;
  const definition = values[2] as Definition | 0;
  const columns = definition === 0 ? (known ?? NO_COLUMNS) : new Columns(definition, bigints, asText);
  return { affected: values[0] as number, hasNaN: values[1] === 1, tag, columns, values };
}

/** Builds the rows of a batch; a query without columns has rows too, which are empty objects. */
export function rowsOf({ columns, values, hasNaN, tag, affected }: Batch): Row[] {
  if (columns.names.length > 0) return columns.build(values, VALUES_FROM, hasNaN);
  return tag.startsWith("SELECT") ? Array.from({ length: affected }, () => ({})) : [];
}

const NO_COLUMNS = new Columns([0], "string");
