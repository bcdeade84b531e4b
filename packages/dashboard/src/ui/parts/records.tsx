import { dayAndTime, toMs } from "../text/instant.ts";
import { cellText } from "../text/plain-text.ts";
import { Scroll } from "./page.tsx";

type Row = Readonly<Record<string, unknown>>;

/** A column of records: `read` is the shown text; default the field of that name. */
export interface Column {
  readonly name: string;
  readonly title: string;
  readonly read?: (row: Row) => string;
}

/** An instant of a record, as day and time; empty where it has none. */
export function instantCell(value: unknown): string {
  const ms = toMs(value);
  return ms === null ? cellText(value ?? "") : dayAndTime(ms);
}

/** Records as a table; what no column shows is beneath each row, folded. */
export function Records({
  label,
  rows,
  columns,
  pick,
}: {
  label: string;
  rows: readonly Row[];
  columns: readonly Column[];
  /** Boxes to pick rows with, by their field `id`. */
  pick?: { readonly chosen: ReadonlySet<string>; readonly toggle: (id: string) => void };
}) {
  return (
    <Scroll label={label}>
      <table>
        <thead>
          <tr>
            {pick !== undefined && <th scope="col">Pick</th>}
            {columns.map(({ name, title }) => (
              <th scope="col" key={name}>
                {title}
              </th>
            ))}
            <th scope="col">All fields</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={cellText(row["id"] ?? index)}>
              {pick !== undefined && (
                <td>
                  <input
                    type="checkbox"
                    aria-label={`Pick ${cellText(row["id"])}`}
                    checked={pick.chosen.has(String(row["id"]))}
                    onChange={() => pick.toggle(String(row["id"]))}
                  />
                </td>
              )}
              {columns.map(({ name, read }) => (
                <td key={name} class="clip">
                  {read === undefined ? cellText(row[name]) : read(row)}
                </td>
              ))}
              <td>
                <details>
                  <summary>Show</summary>
                  <pre class="code">
                    <code>{cellText(JSON.stringify(row, null, 2))}</code>
                  </pre>
                </details>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}
