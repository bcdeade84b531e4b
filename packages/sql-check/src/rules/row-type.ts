import type { ResultColumn } from "../database/description.ts";
import { writtenType, type BigintOption } from "./read-values.ts";

/** A name that needs no quotes as a property. */
const PLAIN = /^[A-Za-z_$][\w$]*$/;

/** The TypeScript type of a statement's rows: a column that may be NULL, as far as anybody can tell, has `| null`. */
export function rowType(columns: readonly ResultColumn[], bigint: BigintOption): string {
  const byName = new Map(columns.map((column) => [column.name, column]));
  const members = [...byName.values()].map(({ name, type, nullability }) => {
    const written = writtenType(type, bigint);
    const isNullable = nullability !== "never" && written !== "unknown";
    return `${PLAIN.test(name) ? name : JSON.stringify(name)}: ${written}${isNullable ? " | null" : ""}`;
  });
  return `{ ${members.join("; ")} }`;
}
