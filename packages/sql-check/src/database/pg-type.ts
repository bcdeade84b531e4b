/** The JavaScript form in which a database reads the values of a type. Source: the table of types in the package of databases. */
export type ReadForm =
  "boolean" | "number" | "int8" | "instant" | "bytes" | "json" | "vector" | "text" | "array";

/** A type of PostgreSQL, as far as values are concerned. */
export interface PgType {
  /** The name as SQL writes it: `character varying`, `mood`. */
  readonly name: string;
  /** The catalogue's name of the type, of a domain's base type for a domain: `varchar`. */
  readonly base: string;
  readonly form: ReadForm;
  /** Whether a domain refuses NULL. */
  readonly notNull: boolean;
  /** The labels of an enum. */
  readonly labels?: readonly string[];
  /** The type of an array's elements. */
  readonly element?: PgType;
}

/** A row of `pg_type`. */
export interface TypeRow {
  readonly oid: number;
  readonly typname: string;
  readonly shown: string;
  readonly typtype: string;
  readonly typelem: number;
  readonly typbasetype: number;
  readonly typnotnull: boolean;
  readonly isarray: boolean;
  readonly labels: readonly string[] | null;
}

/** The query of all types of a database. */
export const TYPES_QUERY = `
  select t.oid::int8::float8 as oid, t.typname::text as typname, format_type(t.oid, null) as shown, t.typtype::text as typtype,
         t.typelem::int8::float8 as typelem, t.typbasetype::int8::float8 as typbasetype, t.typnotnull,
         t.typcategory = 'A' and t.typlen = -1 and t.typsubscript = 'array_subscript_handler'::regproc as isarray,
         (select json_agg(e.enumlabel::text order by e.enumsortorder) from pg_enum e where e.enumtypid = t.oid) as labels
    from pg_type t`;

/** The forms of the types that are read as something other than text. Source: the codecs of the crate of databases. */
const FORMS: Readonly<Record<string, ReadForm>> = {
  ...{ bool: "boolean", int8: "int8", bytea: "bytes", json: "json", jsonb: "json", vector: "vector" },
  ...{ int2: "number", int4: "number", float4: "number", float8: "number" },
  ...{ oid: "number", xid: "number", cid: "number", timestamp: "instant", timestamptz: "instant" },
};

/** The types of a database by their number. */
export class PgTypes {
  readonly #rows: ReadonlyMap<number, TypeRow>;

  constructor(rows: readonly TypeRow[]) {
    this.#rows = new Map(rows.map((row) => [row.oid, row]));
  }

  /** The type with an OID; one that is not known is read as text. */
  of(oid: number): PgType {
    const row = this.#rows.get(oid);
    if (row === undefined) return { name: `type ${oid}`, base: "unknown", form: "text", notNull: false };
    if (row.typtype === "d") return { ...this.of(row.typbasetype), name: row.shown, notNull: row.typnotnull };
    const isArray = row.isarray && row.typelem !== 0 && !/^(?:int2|oid)vector$/.test(row.typname);
    if (isArray) {
      const element = this.of(row.typelem);
      return { name: row.shown, base: row.typname, form: "array", notNull: false, element };
    }
    const labels = row.labels === null ? {} : { labels: row.labels };
    return {
      name: row.shown,
      base: row.typname,
      form: FORMS[row.typname] ?? "text",
      notNull: false,
      ...labels,
    };
  }
}
