import { linkTo } from "../state/route.ts";
import { clock } from "../text/instant.ts";
import { cellText, plainText } from "../text/plain-text.ts";
import { levelName, type KeptLine } from "./log-list.ts";

/** Log lines, each with its fields folded beneath it. Texts of lines are shown as texts, whatever they hold. */
export function LogTable({ lines }: { lines: readonly KeptLine[] }) {
  return (
    <ol class="log" aria-label="Log lines">
      {lines.map((line) => (
        <Line key={line.key} line={line} />
      ))}
    </ol>
  );
}

function Line({ line }: { line: KeptLine }) {
  const level = levelName(line.level);
  const fields = Object.entries(line.fields);
  const traceId = line.fields["trace_id"];
  return (
    <li class={`log-line ${level}`}>
      <details>
        <summary>
          <span class="time">{clock(line.timeMs)}</span> <span class="level">{level}</span>{" "}
          <span class="message">{plainText(line.message)}</span>{" "}
          <span class="log-fields">{fieldsInShort(fields)}</span>
        </summary>
        <div class="log-more">
          {typeof traceId === "string" && (
            <p>
              <a href={linkTo("requests", [traceId])}>Open its trace</a>
            </p>
          )}
          <dl class="attributes">
            {fields.map(([name, value]) => (
              <div key={name}>
                <dt>{plainText(name)}</dt>
                <dd>{cellText(value)}</dd>
              </div>
            ))}
          </dl>
        </div>
      </details>
    </li>
  );
}

/** The fields that tell most of a line, without ids, which nobody reads. */
function fieldsInShort(fields: readonly (readonly [string, unknown])[]): string {
  return fields
    .filter(([name]) => !/_id$|^(pid|hostname|v|span|trace|user_agent|remote)/.test(name))
    .slice(0, 6)
    .map(([name, value]) => `${plainText(name)}=${cellText(value)}`)
    .join(" ")
    .slice(0, 300);
}
