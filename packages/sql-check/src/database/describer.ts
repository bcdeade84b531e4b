import type { CatalogueColumn } from "./catalogue.ts";
import type { ScratchConnection } from "./connection.ts";
import type { Description, Nullability, ServerRefusal, ResultColumn, TableColumn } from "./description.ts";
import { PgTypes, TYPES_QUERY, type TypeRow } from "./pg-type.ts";
import { readPlan, type PlannedColumn } from "./plan.ts";
import { isCompared } from "./null-test.ts";

/** A column as the server describes it. */
interface ServerColumn {
  readonly name: string;
  readonly type: number;
  /** The OID of the table, 0 for an expression. */
  readonly table: number;
  readonly number: number;
}

/** Clauses that make one column of several, or put NULL into a column that has none. */
const COMBINING = /\b(?:union|intersect|except|rollup|cube|grouping\s+sets)\b/i;
/** The version of the server from which a statement with parameters can be explained: 16. */
const GENERIC_PLAN_FROM = 160_000;

/** Describes statements on a connection to a migrated database. No statement is run. */
export class Describer {
  readonly #server: ScratchConnection;
  readonly #columns: ReadonlyMap<string, CatalogueColumn>;
  readonly #byName: ReadonlyMap<string, CatalogueColumn>;
  #types: Promise<PgTypes> | undefined;
  #isGeneric: Promise<boolean> | undefined;

  constructor(server: ScratchConnection, columns: readonly CatalogueColumn[]) {
    this.#server = server;
    this.#columns = new Map(columns.map((one) => [`${one.table}.${one.number}`, one]));
    this.#byName = new Map(columns.map((one) => [`${one.schema}.${one.tableName}.${one.name}`, one]));
  }

  /**
   * Describes a statement: its parameters' types and its columns.
   *
   * Shape:  the text -> the description, which is a `refusal` where the server does not take the text.
   * Errors: those of a connection that is lost.
   */
  async describe(text: string): Promise<Description> {
    try {
      const found = await this.#server.unsafe(text).describe();
      const types = await this.#typesOfDatabase();
      const columns = (found.columns ?? []) as unknown as readonly ServerColumn[];
      const planned = columns.length === 0 ? [] : await this.#plan(text, found.types.length > 0);
      return {
        parameters: found.types.map((oid) => types.of(oid)),
        columns: columns.map((column, index) =>
          this.#column(column, { planned: planned[index], types, text }),
        ),
      };
    } catch (error) {
      return { refusal: refusalOf(error) };
    }
  }

  #typesOfDatabase(): Promise<PgTypes> {
    return (this.#types ??= this.#server
      .unsafe(TYPES_QUERY)
      .then((rows) => new PgTypes(rows as unknown as readonly TypeRow[])));
  }

  /** What the plan tells of the columns; nothing where the statement or the server cannot be asked. */
  async #plan(text: string, hasParameters: boolean): Promise<readonly PlannedColumn[]> {
    this.#isGeneric ??= this.#server
      .unsafe("select current_setting('server_version_num')::int4 as version")
      .then(([row]) => Number(row?.["version"]) >= GENERIC_PLAN_FROM);
    const isGeneric = await this.#isGeneric;
    if (hasParameters && !isGeneric) return [];
    try {
      const options = `verbose, costs off, format json${isGeneric ? ", generic_plan" : ""}`;
      const [row] = await this.#server.unsafe(`explain (${options}) ${text}`).simple();
      return readPlan(row?.["QUERY PLAN"]);
    } catch {
      // `show`, `fetch` and the like have no plan; the server has accepted the text already.
      return [];
    }
  }

  #column(
    { name, type, table, number }: ServerColumn,
    { planned, types, text }: { planned: PlannedColumn | undefined; types: PgTypes; text: string },
  ): ResultColumn {
    const pgType = types.of(type);
    const own = this.#columns.get(`${table}.${number}`);
    // A view's column is the one of the table that the plan reads it from.
    const origin = (own?.isView === true ? this.#planned(planned) : undefined) ?? own;
    const told = { name, type: pgType, ...(origin === undefined ? {} : { from: asTableColumn(origin) }) };
    if (pgType.notNull) return { ...told, nullability: "never" };
    return { ...told, ...this.#nullability(origin, planned, text) };
  }

  /** The table's column that the plan has found. */
  #planned(planned: PlannedColumn | undefined): CatalogueColumn | undefined {
    if (planned === undefined || "nullability" in planned) return undefined;
    return this.#byName.get(`${planned.schema}.${planned.table}.${planned.column}`);
  }

  /** The plan knows of outer joins and looks through views; without one a text with an outer join tells nothing. */
  #nullability(
    origin: CatalogueColumn | undefined,
    planned: PlannedColumn | undefined,
    text: string,
  ): { readonly nullability: Nullability; readonly because?: string } {
    if (COMBINING.test(text)) return { nullability: "unknown" };
    if (planned === undefined) {
      const isOuter = /\b(?:left|right|full)\b/i.test(text);
      if (origin === undefined || origin.isView || isOuter) return { nullability: "unknown" };
      return declared(origin, text);
    }
    if ("nullability" in planned) {
      const isNull = planned.nullability === "possible";
      return { nullability: planned.nullability, ...(isNull ? { because: "the statement says so" } : {}) };
    }
    const { table, isFilled } = planned;
    const real = this.#planned(planned);
    if (isFilled)
      return { nullability: "possible", because: `an outer join leaves ${table} out where nothing fits` };
    if (real === undefined) return { nullability: "unknown" };
    return declared(real, text);
  }
}

/** What the declaration of a table's column says of it. */
function declared(
  { notNull, tableName, name }: CatalogueColumn,
  text: string,
): { readonly nullability: Nullability; readonly because?: string } {
  if (notNull) return { nullability: "never" };
  if (isCompared(text, name)) return { nullability: "unknown" };
  return { nullability: "possible", because: `${tableName}.${name} has no \`not null\`` };
}

function asTableColumn({ tableName, name, place }: CatalogueColumn): TableColumn {
  return { table: tableName, column: name, place };
}

/** The server's error. Errors: throws what the server has not said, such as the loss of the connection. */
function refusalOf(error: unknown): ServerRefusal {
  const said = error as Partial<Record<"code" | "message" | "position" | "hint" | "detail" | "name", string>>;
  if (said.name !== "PostgresError" || said.code === undefined || /^(?:08|57P|53)/.test(said.code))
    throw error;
  return {
    code: said.code,
    message: said.message ?? "",
    position: Number(said.position ?? 0),
    ...(said.hint === undefined ? {} : { hint: said.hint }),
    ...(said.detail === undefined ? {} : { detail: said.detail }),
  };
}
