import { useId, useState } from "preact/hooks";
import type { AskTools } from "../../contract.ts";
import { asFailure, type Failure } from "../admin/failure.ts";
import { ask } from "../admin/http.ts";
import { Problem } from "../parts/notices.tsx";
import { Section } from "../parts/page.tsx";
import { plainText } from "../text/plain-text.ts";
import { counted, duration } from "../text/quantity.ts";
import { PlanTree } from "./plan-tree.tsx";
import { ResultTable } from "./result-table.tsx";

type Shown =
  | { readonly kind: "rows"; readonly result: AskTools["databases.query"]["value"] }
  | { readonly kind: "plan"; readonly plan: unknown };

/** A box for one statement, which runs in a read-only transaction, or whose plan is shown. */
export function SqlBox({ database }: { database: string }) {
  const id = useId();
  const [sql, setSql] = useState("");
  const [shown, setShown] = useState<Shown | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  const [isRunning, setRunning] = useState(false);
  const run = async (what: () => Promise<Shown>): Promise<void> => {
    setRunning(true);
    setFailure(null);
    try {
      setShown(await what());
    } catch (error) {
      setFailure(asFailure(error));
    } finally {
      setRunning(false);
    }
  };
  const query = (): void =>
    void run(async () => ({ kind: "rows", result: await ask("databases.query", { database, sql }) }));
  const explain = (analyze: boolean): void =>
    void run(async () => ({
      kind: "plan",
      plan: (await ask("databases.explain", { database, sql, analyze })).plan,
    }));
  const isEmpty = sql.trim() === "";
  return (
    <Section title={`Statement on ${plainText(database)}`}>
      <form
        class="sql"
        onSubmit={(event) => {
          event.preventDefault();
          if (!isEmpty) query();
        }}
      >
        <label for={id}>SQL</label>
        <textarea
          id={id}
          class="mono"
          rows={6}
          spellcheck={false}
          placeholder="SELECT …"
          aria-describedby={`${id}-note`}
          value={sql}
          onInput={(event) => setSql(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !isEmpty) query();
          }}
        />
        <p class="quiet" id={`${id}-note`}>
          One statement, in a read-only transaction with limits of time and rows. Ctrl + Enter runs it.
        </p>
        <div class="actions">
          <button type="submit" class="primary" disabled={isRunning || isEmpty}>
            {isRunning ? "Running…" : "Run"}
          </button>
          <button type="button" disabled={isRunning || isEmpty} onClick={() => explain(false)}>
            Explain
          </button>
          <button type="button" disabled={isRunning || isEmpty} onClick={() => explain(true)}>
            Explain and run
          </button>
        </div>
      </form>
      <Outcome shown={shown} failure={failure} />
    </Section>
  );
}

function Outcome({ shown, failure }: { shown: Shown | null; failure: Failure | null }) {
  return (
    <>
      {failure !== null && <Problem failure={failure} />}
      {shown?.kind === "plan" && <PlanTree plan={shown.plan} />}
      {shown?.kind === "rows" && (
        <>
          <p class="quiet" role="status">
            {counted(shown.result.rows.length, "row")} in {duration(shown.result.durationMs)}
            {shown.result.isCut && "; there are more, which the limit cut off"}
          </p>
          <ResultTable result={shown.result} label="Result of the statement" />
        </>
      )}
    </>
  );
}
