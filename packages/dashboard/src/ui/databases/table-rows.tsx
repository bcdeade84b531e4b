import { useState } from "preact/hooks";
import { Loaded } from "../parts/notices.tsx";
import { Section } from "../parts/page.tsx";
import { useAsked } from "../state/polled.ts";
import { linkTo } from "../state/route.ts";
import { plainText } from "../text/plain-text.ts";
import { duration, whole } from "../text/quantity.ts";
import { ResultTable } from "./result-table.tsx";
import { columnsQuery, pageQuery } from "./table-query.ts";

/** How many rows a page has. */
const SIZE = 50;

/** The rows of a table, a page at a time, and its columns. */
export function TableRows({
  database,
  table,
}: {
  database: string;
  table: { readonly schema: string; readonly name: string; readonly rows: number | null };
}) {
  const [page, setPage] = useState(0);
  const rows = useAsked("databases.query", { database, sql: pageQuery(table, page, SIZE), limit: SIZE + 1 });
  const columns = useAsked("databases.query", { database, sql: columnsQuery(table) });
  const hasNext = (rows.value?.rows.length ?? 0) > SIZE;
  const shown = Math.min(SIZE, rows.value?.rows.length ?? 0);
  return (
    <>
      <Section
        title={`${table.schema}.${plainText(table.name)}`}
        actions={
          <>
            <button type="button" disabled={page === 0} onClick={() => setPage(page - 1)}>
              Previous
            </button>
            <button type="button" disabled={!hasNext} onClick={() => setPage(page + 1)}>
              Next
            </button>
            <button type="button" onClick={rows.reload}>
              Reload
            </button>
          </>
        }
      >
        <Loaded polled={rows}>
          {(result) => (
            <>
              <p class="quiet" role="status">
                {shown === 0
                  ? "No rows here."
                  : `Rows ${whole(page * SIZE + 1)} to ${whole(page * SIZE + shown)}${table.rows === null ? "" : ` of about ${whole(table.rows)}`}, read in ${duration(result.durationMs)}.`}
              </p>
              <ResultTable result={result} label={`Rows of ${table.name}`} most={SIZE} />
            </>
          )}
        </Loaded>
      </Section>
      <details>
        <summary>Columns</summary>
        <Loaded polled={columns}>
          {(result) => <ResultTable result={result} label={`Columns of ${table.name}`} />}
        </Loaded>
      </details>
      <p>
        <a href={linkTo("databases", [database])}>Write a statement instead</a>
      </p>
    </>
  );
}
