import { ARRAY, ColumnType, columnTypeOf } from "./column-type.ts";
import { parseArray } from "./array-text.ts";

const TIMESTAMP = 1114;
const TIMESTAMP_ARRAY = 1115;

/**
 * The parser that converts the server's text of a column's values to Prisma's values.
 *
 * Shape:  an OID -> a parser, whose result is a number, boolean, string, `Uint8Array`, or an array of them. `int8`,
 * `numeric`, dates and JSON stay text, so that no digit is lost.
 */
export function readerOf(oid: number): (text: string) => unknown {
  const type = columnTypeOf(oid);
  const element = elementReader(type % ARRAY, oid === TIMESTAMP || oid === TIMESTAMP_ARRAY);
  return type >= ARRAY ? (text) => parseArray(text, element) : element;
}

function elementReader(type: number, isUtc: boolean): (text: string) => unknown {
  switch (type) {
    case ColumnType.Int32:
    case ColumnType.Float:
    case ColumnType.Double:
      return Number;
    case ColumnType.Boolean:
      return (text) => text === "t" || text === "true";
    case ColumnType.Bytes:
      return (text) => new Uint8Array(Buffer.from(text.slice(2), "hex"));
    case ColumnType.DateTime:
      return isUtc ? (text) => `${text.replace(" ", "T")}+00:00` : toInstant;
    case ColumnType.Time:
      return (text) => text.replace(/[+-]\d{2}(?::?\d{2})*$/, "");
    case ColumnType.Numeric:
      // For money, whose amounts have a currency sign and group separators.
      return (text) => text.replace(/[^-\w.]/g, "");
    default:
      return (text) => text;
  }
}

/** Converts a timestamp with a zone to ISO 8601: the server writes `+02` for `+02:00`, in the session's zone. */
function toInstant(text: string): string {
  return text.replace(" ", "T").replace(/([+-]\d{2})$/, "$1:00");
}
