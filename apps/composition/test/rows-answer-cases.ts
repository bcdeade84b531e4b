import * as fc from "fast-check";

/** A column with values of its type in SQL, and the properties that it is likely to be declared as. */
interface Column {
  readonly type: string;
  readonly values: readonly string[];
  readonly fits: readonly string[];
}

const COLUMNS: readonly Column[] = [
  { type: "bool", values: ["true", "false"], fits: ["boolean"] },
  { type: "int2", values: ["0", "-32768", "32767"], fits: ["number"] },
  { type: "int4", values: ["0", "-1", "2147483647"], fits: ["number", "string | number"] },
  {
    type: "int8",
    values: ["0", "9007199254740993", "-9223372036854775808", "123456789012345678"],
    fits: ["string", "bigint", "number"],
  },
  { type: "oid", values: ["4294967295"], fits: ["number"] },
  {
    type: "float4",
    values: ["0.1", "1e20", "-1e-7", "16777216", "'NaN'", "3.4e38", "1e-45"],
    fits: ["number"],
  },
  {
    type: "float8",
    values: [
      "0.1",
      "1e20",
      "1e21",
      "-1e-7",
      "0.000001",
      "'-0'",
      "5e-324",
      "1.7976931348623157e308",
      "'Infinity'",
    ],
    fits: ["number", "number | string"],
  },
  { type: "numeric", values: ["1.50", "-0.001", "12345678901234567890.123"], fits: ["string"] },
  { type: "money", values: ["'1012.50'", "'-3'"], fits: ["string"] },
  {
    type: "text",
    values: [
      "''",
      "'a'",
      "'b'",
      "E'\\b\\f\\n\\r\\t\\x01\\x1f\\x7f\"\\\\/'",
      "'é ✓ 😀'",
      "E'\\u2028'",
      "repeat('long ', 40)",
    ],
    fits: ["string", '"a" | "b"', 'string | "a"', '"a" | "b" | number'],
  },
  { type: "varchar(9)", values: ["'a'", "'open'"], fits: ["string", '"a" | "open"'] },
  { type: "bpchar", values: ["'a'"], fits: ["string"] },
  { type: "uuid", values: ["'0b6f2b3e-8a53-4d26-9d37-6f2a1f5d9c11'"], fits: ["string"] },
  {
    type: "bytea",
    values: ["'\\x'", "'\\x00'", "'\\x0001'", "'\\xfffefdfc'"],
    fits: ["Uint8Array"],
  },
  {
    type: "timestamptz",
    values: [
      "'2024-05-06 07:08:09.123456+02'",
      "'1969-12-31 23:59:59.9999+00'",
      "'0001-01-01 00:00+00'",
      "'9999-12-31 23:59:59.9999+00'",
      "'0044-03-15 BC'",
      "'12345-03-15'",
      "'infinity'",
    ],
    fits: ["Date", "string", "Date | string"],
  },
  { type: "timestamp", values: ["'2024-02-29 12:00:00'", "'2000-03-01'"], fits: ["Date", "string"] },
  { type: "date", values: ["'2024-02-29'"], fits: ["string"] },
  { type: "interval", values: ["'1 day 2 hours'"], fits: ["string"] },
  { type: "jsonb", values: [`'{"b": [1, 2.50, null], "a": "x"}'`, "'1e400'", "'\"a\"'"], fits: ["unknown"] },
  { type: "json", values: [`'{"a":1,"a":2}'`], fits: ["unknown"] },
  { type: "int4[]", values: ["'{1,2,null}'", "'{}'"], fits: ["(number | null)[]", "number[]"] },
  { type: "text[]", values: [`'{a,"b c"}'`], fits: ["string[]"] },
];

const OTHER_TYPES = [
  "string",
  "number",
  "boolean",
  "Date",
  "bigint",
  "unknown",
  "null",
  '"never"',
  "Date | number",
];

/** The databases of the app, by how they read `int8`. */
const DATABASES = ["strings", "bigints", "numbers"] as const;

/** One statement, with the type that an endpoint declares its rows as. */
export interface Case {
  readonly database: (typeof DATABASES)[number];
  readonly sql: string;
  /** The members of the type. */
  readonly members: readonly string[];
}

const column = fc.constantFrom(...COLUMNS).chain((of) =>
  fc.record({
    of: fc.constant(of),
    values: fc.array(fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...of.values) }, fc.constant("null")), {
      minLength: 3,
      maxLength: 3,
    }),
    type: fc.oneof(
      { weight: 8, arbitrary: fc.constantFrom(...of.fits) },
      { weight: 1, arbitrary: fc.constantFrom(...OTHER_TYPES) },
    ),
    isNullable: fc.integer({ min: 0, max: 9 }).map((n) => n > 1),
    isOptional: fc.boolean(),
    isDeclared: fc.integer({ min: 0, max: 9 }).map((n) => n > 0),
    name: fc.constantFrom("plain", "two words", 'quo"te', "constructor", "0", "ümlaut"),
  }),
);

/** Cases of rows with up to four columns, most of which fit what they are declared as. */
const cases: fc.Arbitrary<Case> = fc
  .record({
    database: fc.constantFrom(...DATABASES),
    columns: fc.array(column, { minLength: 1, maxLength: 4 }),
    rows: fc.integer({ min: 0, max: 3 }),
    isMissing: fc.integer({ min: 0, max: 19 }).map((n) => n === 0),
  })
  .map(({ database, columns, rows, isMissing }) => {
    const names = columns.map(({ name }, index) => `${name}${index === 0 ? "" : index}`);
    const quoted = names.map((name) => `"${name.replaceAll('"', '""')}"`);
    const list = [0, 1, 2].map(
      (row) => `(${columns.map(({ of, values }) => `${values[row]}::${of.type}`).join(", ")})`,
    );
    const members = columns.flatMap(({ type, isNullable, isOptional, isDeclared }, index) =>
      isDeclared
        ? [`${JSON.stringify(names[index])}${isOptional ? "?" : ""}: ${isNullable ? `${type} | null` : type}`]
        : [],
    );
    return {
      database,
      sql: `select * from (values ${list.join(", ")}) as t(${quoted.join(", ")}) limit ${rows}`,
      members: isMissing ? [...members, '"not a column": string'] : members,
    };
  });

/** As many cases as asked for. */
export function someCases(count: number, seed: number): readonly Case[] {
  return fc.sample(cases, { numRuns: count, seed });
}

/** The endpoints of a case: `/opened/<index>` answers what `queryAll` has returned, `/unopened/<index>` what `answerAll` has. */
export function endpointsOf({ database, sql, members }: Case, index: number): string {
  const text = JSON.stringify(sql);
  return `
interface Row${index} { ${members.join("; ")} }
export const opened${index} = api(
  { expose: true, method: "GET", path: "/opened/${index}" },
  async (): Promise<{ rows: Row${index}[] }> => ({ rows: await ${database}.rawQueryAll<Row${index}>(${text}) }),
);
export const unopened${index} = api(
  { expose: true, method: "GET", path: "/unopened/${index}" },
  async (): Promise<{ rows: RowsAnswer<Row${index}> }> => ({ rows: await ${database}.rawAnswerAll<Row${index}>(${text}) }),
);
export const one${index} = api(
  { expose: true, method: "GET", path: "/one/${index}" },
  async (): Promise<{ row: Row${index} | null }> => ({ row: await ${database}.rawQueryRow<Row${index}>(${text}) }),
);
export const unopenedOne${index} = api(
  { expose: true, method: "GET", path: "/unopened-one/${index}" },
  async (): Promise<{ row: RowAnswer<Row${index}> | null }> => ({ row: await ${database}.rawAnswerRow<Row${index}>(${text}) }),
);
`;
}

/** The head of the app: its databases, and a count of the answers that were opened. */
export const HEAD = `
import { api, start } from "@twinloop/api";
import { RowAnswer, RowsAnswer, SQLDatabase } from "@twinloop/sqldb";

const strings = new SQLDatabase("strings");
const bigints = new SQLDatabase("bigints", { bigint: "bigint" });
const numbers = new SQLDatabase("numbers", { bigint: "number" });

let timesOpened = 0;
for (const { prototype } of [RowsAnswer, RowAnswer]) {
  const { open } = prototype;
  prototype.open = function (this: never) {
    timesOpened += 1;
    return open.call(this);
  } as never;
}
export const counted = api({ expose: true, method: "GET", path: "/times-opened" }, async (): Promise<{ count: number }> => ({
  count: timesOpened,
}));
`;

/** The end of the app. */
export const TAIL = `
const { url } = await start({ banner: false });
console.log("listening " + url);
`;
