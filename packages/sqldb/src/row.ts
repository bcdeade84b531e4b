/** One row: a plain object with a property per column. */
// oxlint-disable-next-line typescript/no-explicit-any -- an untyped row must be usable without a cast, as with other clients.
export type Row = Record<string, any>;

/** How `int8` arrives: text never loses a digit, a number does beyond 2^53. */
export type BigintMode = "string" | "bigint" | "number";

/** One column of a result. */
export interface Column {
  readonly name: string;
  /** The OID of its type. */
  readonly type: number;
}

/** What has to be made of the JSON form of a value. `contract/cases/sqldb/kinds.json`. */
const Kind = { Int8: 1, Instant: 2, Bytes: 3, Float: 4, Array: 16 } as const;

type Definition = readonly [id: number, ...columns: (readonly [name: string, type: number, kind: number])[]];

/** A value of a batch: a JSON value, before it is made what its column's type says. */
type Value = unknown;

interface Conversion {
  readonly index: number;
  readonly convert: (value: Value) => unknown;
}

/** The columns of a statement's rows, learnt from its first result. */
export class Columns {
  readonly id: number;
  readonly list: readonly Column[];
  readonly names: readonly string[];
  /** Every row starts as a copy of it, and so all have one hidden class. */
  readonly #template: Row = {};
  readonly #conversions: readonly Conversion[];
  readonly #floats: readonly number[];

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
    this.#conversions = kinds.flatMap((kind, index) => {
      const convert = conversionOf(kind, bigints);
      return convert ? [{ index, convert }] : [];
    });
    this.#floats = kinds.flatMap((kind, index) => ((kind & ~Kind.Array) === Kind.Float ? [index] : []));
  }

  /** Builds the rows of a batch, whose values begin at `from`, column after column, row after row. */
  build(values: Value[], from: number, hasNaN: boolean): Row[] {
    const { names } = this;
    const width = names.length;
    if (width === 0) return [];
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

  /** The same as arrays, for callers that address columns by place. */
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
    if (!hasNaN) return;
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

/** Infinity is a time to the server and to nobody else; node-postgres gives the number. */
function toInstant(ms: number): Date | number {
  return Number.isFinite(ms) ? new Date(ms) : ms;
}

/** JSON has no NaN: it crosses as a string. */
function toFloats(value: Value): Value {
  if (Array.isArray(value)) return value.map(toFloats);
  return typeof value === "string" ? Number(value) : value;
}

/** A statement's result as it crossed: `[affected, has NaN, columns or 0, value, …]`. */
export interface Batch {
  /** Rows returned or changed. */
  readonly affected: number;
  readonly columns: Columns;
  readonly values: Value[];
  readonly hasNaN: boolean;
}

/** Where in a batch its values begin. */
export const VALUES_FROM = 3;

/** Reads a batch; `known` are the columns that were named in the call. */
export function readBatch(
  text: string,
  known: Columns | undefined,
  bigints: BigintMode,
  asText: boolean,
): Batch {
  const values = JSON.parse(text) as Value[];
  const definition = values[2] as Definition | 0;
  const columns = definition === 0 ? (known ?? NO_COLUMNS) : new Columns(definition, bigints, asText);
  return { affected: values[0] as number, hasNaN: values[1] === 1, columns, values };
}

const NO_COLUMNS = new Columns([0], "string");
