/**
 * Which of Prisma's column types a PostgreSQL type has. Prisma's client chooses by it how to read a value: `Int64`
 * and `Numeric` as texts that become `bigint` and `Decimal`, `Json` as text that it parses.
 */

/**
 * The column types of Prisma; the number of an array type is that of its elements plus 64.
 *
 * Source: `ColumnTypeEnum` of `@prisma/driver-adapter-utils` 7.
 */
export const ColumnType = {
  Int32: 0,
  Int64: 1,
  Float: 2,
  Double: 3,
  Numeric: 4,
  Boolean: 5,
  Character: 6,
  Text: 7,
  Date: 8,
  Time: 9,
  DateTime: 10,
  Json: 11,
  Bytes: 13,
  Uuid: 15,
  Int32Array: 64,
  Int64Array: 65,
  FloatArray: 66,
  DoubleArray: 67,
  NumericArray: 68,
  BooleanArray: 69,
  CharacterArray: 70,
  TextArray: 71,
  DateArray: 72,
  TimeArray: 73,
  DateTimeArray: 74,
  JsonArray: 75,
  BytesArray: 77,
  UuidArray: 78,
} as const;

/** The number of one of Prisma's column types. */
export type ColumnType = (typeof ColumnType)[keyof typeof ColumnType];

/** The number that is added to a type for an array of it. */
export const ARRAY = 64;

/** `[type, OID, OID of the array type]` of PostgreSQL's own types. Source: `pg_type.dat`. */
const TYPES: readonly (readonly [type: ColumnType, scalar: number, array: number])[] = [
  [ColumnType.Boolean, 16, 1000],
  [ColumnType.Bytes, 17, 1001],
  [ColumnType.Character, 18, 1002],
  [ColumnType.Text, 19, 1003],
  [ColumnType.Int64, 20, 1016],
  [ColumnType.Int32, 21, 1005],
  [ColumnType.Int32, 23, 1007],
  [ColumnType.Text, 25, 1009],
  [ColumnType.Int64, 26, 1028],
  [ColumnType.Json, 114, 199],
  [ColumnType.Text, 142, 143],
  [ColumnType.Text, 650, 651],
  [ColumnType.Float, 700, 1021],
  [ColumnType.Double, 701, 1022],
  [ColumnType.Numeric, 790, 791],
  [ColumnType.Text, 869, 1041],
  [ColumnType.Text, 1042, 1014],
  [ColumnType.Text, 1043, 1015],
  [ColumnType.Date, 1082, 1182],
  [ColumnType.Time, 1083, 1183],
  [ColumnType.DateTime, 1114, 1115],
  [ColumnType.DateTime, 1184, 1185],
  [ColumnType.Time, 1266, 1270],
  [ColumnType.Text, 1560, 1561],
  [ColumnType.Text, 1562, 1563],
  [ColumnType.Numeric, 1700, 1231],
  [ColumnType.Uuid, 2950, 2951],
  [ColumnType.Json, 3802, 3807],
];

/** Prisma's type by the OID of a scalar or array type. */
const byOid = new Map<number, ColumnType>(
  TYPES.flatMap(([type, scalar, array]) => [
    [scalar, type],
    [array, (type + ARRAY) as ColumnType],
  ]),
);

/** Prisma's type of a column, by its OID; types that Prisma lacks (enums, intervals, ranges) are text. */
export function columnTypeOf(oid: number): ColumnType {
  return byOid.get(oid) ?? ColumnType.Text;
}
