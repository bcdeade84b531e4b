/** A name as PostgreSQL reads it, whatever characters it has. */
export function quotedName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** The statement for one page of a table's rows. Units: pages from 0, of `size` rows; one row more tells of a next page. */
export function pageQuery(
  table: { readonly schema: string; readonly name: string },
  page: number,
  size: number,
): string {
  const place = `${quotedName(table.schema)}.${quotedName(table.name)}`;
  return `SELECT * FROM ${place} LIMIT ${size + 1} OFFSET ${page * size}`;
}

/** The statement for the columns of a table. */
export function columnsQuery(table: { readonly schema: string; readonly name: string }): string {
  const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;
  return [
    "SELECT column_name, data_type, is_nullable, column_default",
    "FROM information_schema.columns",
    `WHERE table_schema = ${literal(table.schema)} AND table_name = ${literal(table.name)}`,
    "ORDER BY ordinal_position",
  ].join(" ");
}
