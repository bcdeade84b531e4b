import { useState } from "preact/hooks";
import type { AttributeValue, SpanAnswer } from "../../contract.ts";
import { asFailure, type Failure } from "../admin/failure.ts";
import { ask } from "../admin/http.ts";
import { PlanTree } from "../databases/plan-tree.tsx";
import { Code } from "../parts/code.tsx";
import { CopyButton } from "../parts/copy-button.tsx";
import { Problem } from "../parts/notices.tsx";
import { linkTo } from "../state/route.ts";
import { plainText } from "../text/plain-text.ts";
import { duration } from "../text/quantity.ts";

/** A span that was chosen: what it did, its statement with the plan on a click, its attributes, events and links. */
export function SpanDetails({
  span,
  startMs,
  parent,
}: {
  span: SpanAnswer;
  startMs: number;
  parent: string | null;
}) {
  const sql = span.attributes["db.query.text"];
  return (
    <section class="section card" aria-label="The chosen span">
      <h2>{plainText(span.name)}</h2>
      <p class="quiet">
        {span.kind} span · begins after {duration(span.startMs - startMs)} · takes {duration(span.durationMs)}
        {parent !== null && ` · within ${plainText(parent)}`}
      </p>
      {span.status === "error" && (
        <div class="notice bad">
          <p>
            <strong>Error:</strong> {plainText(span.message ?? "it failed without a message")}
          </p>
        </div>
      )}
      {typeof sql === "string" && <Statement sql={sql} database={textOf(span.attributes["db.namespace"])} />}
      <Attributes attributes={span.attributes} />
      {span.events.length > 0 && (
        <>
          <h3>Events</h3>
          <ol class="events">
            {span.events.map((event, index) => (
              <li key={index}>
                <span class="number">{duration(event.timeMs - startMs)}</span>{" "}
                <strong>{plainText(event.name)}</strong>
                <Attributes attributes={event.attributes} />
              </li>
            ))}
          </ol>
        </>
      )}
      {span.links.length > 0 && (
        <>
          <h3>Linked traces</h3>
          <ul>
            {span.links.map(({ traceId, spanId }) => (
              <li key={spanId}>
                <a href={linkTo("requests", [traceId])}>{plainText(traceId)}</a>
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}

function Attributes({ attributes }: { attributes: Readonly<Record<string, AttributeValue>> }) {
  const entries = Object.entries(attributes).filter(([name]) => name !== "db.query.text");
  if (entries.length === 0) return null;
  return (
    <dl class="attributes">
      {entries.map(([name, value]) => (
        <div key={name}>
          <dt>{plainText(name)}</dt>
          <dd>{plainText(Array.isArray(value) ? value.join(", ") : String(value))}</dd>
        </div>
      ))}
    </dl>
  );
}

/** A statement, and its plan when it is asked for. */
function Statement({ sql, database }: { sql: string; database: string | null }) {
  const [found, setFound] = useState<{ readonly database: string; readonly plan: unknown } | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  const [isLoading, setLoading] = useState(false);
  const explain = async (): Promise<void> => {
    setLoading(true);
    setFailure(null);
    try {
      setFound(await explainSomewhere(sql, database));
    } catch (error) {
      setFailure(asFailure(error));
    } finally {
      setLoading(false);
    }
  };
  return (
    <div class="statement">
      <h3>Statement</h3>
      <Code text={sql} label="SQL of the span" />
      <div class="actions">
        <button type="button" disabled={isLoading} onClick={() => void explain()}>
          {isLoading ? "Asking for the plan…" : "Show the plan"}
        </button>
        <CopyButton text={sql} label="Copy SQL" />
      </div>
      {failure !== null && <Problem failure={failure} />}
      {found !== null && (
        <>
          <PlanTree plan={found.plan} />
          <p class="quiet">By the database {plainText(found.database)}, as it is now.</p>
        </>
      )}
    </div>
  );
}

/**
 * Asks for a plan where the statement can be understood. A span tells the database's name on its server and not that of its
 * declaration, so of several databases the one with that name is asked first, then the others.
 */
async function explainSomewhere(
  sql: string,
  namespace: string | null,
): Promise<{ readonly database: string; readonly plan: unknown }> {
  const names = (await ask("databases.list", {})).map(({ name }) => name);
  const [first, ...others] = names.toSorted(
    (left, right) => Number(right === namespace) - Number(left === namespace),
  );
  const explain = async (database: string): Promise<{ database: string; plan: unknown }> => ({
    database,
    plan: (await ask("databases.explain", { database, sql })).plan,
  });
  let asked = explain(first ?? namespace ?? "");
  for (const other of others)
    asked = asked.catch((error: unknown) => explain(other).catch(() => Promise.reject(error)));
  return asked;
}

function textOf(value: AttributeValue | undefined): string | null {
  return typeof value === "string" ? value : null;
}
