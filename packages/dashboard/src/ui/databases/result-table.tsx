import type { AskTools } from "../../contract.ts";
import { Scroll } from "../parts/page.tsx";
import { cellText, plainText } from "../text/plain-text.ts";

type Result = AskTools["databases.query"]["value"];

/** The rows of a result; long values are clipped, and whole when the pointer rests on them. */
export function ResultTable({ result, label, most }: { result: Result; label: string; most?: number }) {
  const rows = most === undefined ? result.rows : result.rows.slice(0, most);
  return (
    <Scroll label={label}>
      <table class="result">
        <thead>
          <tr>
            {result.columns.map(({ name, type }, index) => (
              <th scope="col" key={index}>
                {plainText(name)} <span class="kind">{plainText(type)}</span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={index}>
              {row.map((value, column) => (
                <Cell key={column} value={value} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

function Cell({ value }: { value: unknown }) {
  if (value === null) return <td class="quiet">null</td>;
  const text = cellText(value);
  return (
    <td class={typeof value === "number" ? "number" : "clip"} title={text.length > 40 ? text : undefined}>
      {text}
    </td>
  );
}
