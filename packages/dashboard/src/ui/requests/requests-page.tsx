import { useState } from "preact/hooks";
import type { TracesAnswer, TraceSummary } from "../../contract.ts";
import { get } from "../admin/http.ts";
import { StreamNote } from "../parts/stream-note.tsx";
import { Empty, Problem } from "../parts/notices.tsx";
import { Page, Scroll } from "../parts/page.tsx";
import { route } from "../state/current-route.ts";
import { usePolled } from "../state/polled.ts";
import { linkTo } from "../state/route.ts";
import { app } from "../state/running-app.ts";
import { addTraces, missed, traces } from "../state/told.ts";
import { clock } from "../text/instant.ts";
import { plainText } from "../text/plain-text.ts";
import { duration, whole } from "../text/quantity.ts";
import { Status } from "./status.tsx";
import { admits, traceQuery, type TraceFilter } from "./trace-list.ts";
import { TracePage } from "./trace-page.tsx";

/** The most rows that are drawn at once. */
const MOST_ROWS = 300;
const KINDS = {
  request: "HTTP requests",
  message: "Messages",
  cron: "Cron runs",
  call: "Calls outside of operations",
  other: "Spans of user code",
};

/** The live list of requests and other operations, or one trace where the address names it. */
export function RequestsPage() {
  const [traceId] = route.value.rest;
  return traceId === undefined ? <TraceListPage /> : <TracePage traceId={traceId} />;
}

function TraceListPage() {
  const [filter, setFilter] = useState<TraceFilter>({
    text: "",
    kind: "operations",
    errors: false,
    minMs: 0,
  });
  const [held, setHeld] = useState<readonly TraceSummary[] | null>(null);
  const page = usePolled(
    async (signal) => {
      const answer = await get<TracesAnswer>(`traces?${traceQuery(filter, 100, null)}`, signal);
      addTraces(answer.traces);
      return answer;
    },
    `${JSON.stringify(filter)} ${missed.value}`,
  );
  const shown = (held ?? traces.value).filter((trace) => admits(filter, trace));
  const waiting = held === null ? 0 : newerThan(held, traces.value);
  const change = (part: Partial<TraceFilter>): void => setFilter({ ...filter, ...part });
  return (
    <Page
      title="Requests"
      lead="What the app was asked to do, as it happens: requests, messages and cron runs, each with its trace."
      actions={
        <button
          type="button"
          aria-pressed={held !== null}
          onClick={() => setHeld(held === null ? traces.value : null)}
        >
          {held === null ? "Hold the list" : `Follow again${waiting > 0 ? ` (${whole(waiting)} new)` : ""}`}
        </button>
      }
    >
      <Filters filter={filter} change={change} />
      {page.failure !== null && !page.failure.isDisconnected && <Problem failure={page.failure} />}
      <StreamNote />
      {shown.length === 0 ? (
        <NothingShown isFiltered={traces.value.length > 0} isLoading={page.isLoading} />
      ) : (
        <TraceTable traces={shown.slice(0, MOST_ROWS)} />
      )}
      <Older filter={filter} from={page.value?.next ?? null} shown={shown.length} />
    </Page>
  );
}

function Filters({ filter, change }: { filter: TraceFilter; change: (part: Partial<TraceFilter>) => void }) {
  return (
    <form class="filters" role="search" onSubmit={(event) => event.preventDefault()}>
      <label class="grow">
        <span>Search</span>
        <input
          type="search"
          placeholder="name, route, service or trace id"
          value={filter.text}
          onInput={(event) => change({ text: event.currentTarget.value })}
        />
      </label>
      <label>
        <span>Kind</span>
        <select value={filter.kind} onChange={(event) => change({ kind: event.currentTarget.value })}>
          <option value="operations">All operations</option>
          {Object.entries(KINDS).map(([kind, title]) => (
            <option key={kind} value={kind}>
              {title}
            </option>
          ))}
          <option value="">Everything</option>
        </select>
      </label>
      <label>
        <span>Slower than</span>
        <select
          value={String(filter.minMs)}
          onChange={(event) => change({ minMs: Number(event.currentTarget.value) })}
        >
          <option value="0">Any</option>
          {[10, 100, 500, 1000].map((ms) => (
            <option key={ms} value={String(ms)}>
              {duration(ms)}
            </option>
          ))}
        </select>
      </label>
      <label class="check">
        <input
          type="checkbox"
          checked={filter.errors}
          onChange={(event) => change({ errors: event.currentTarget.checked })}
        />
        <span>Errors only</span>
      </label>
    </form>
  );
}

function NothingShown({ isFiltered, isLoading }: { isFiltered: boolean; isLoading: boolean }) {
  if (isFiltered) return <Empty title="Nothing among what was seen fits these filters." />;
  if (isLoading) return <p class="quiet loading">Loading…</p>;
  const url = app.value?.url ?? null;
  return (
    <Empty title="Nothing has been asked of the app yet.">
      <p>
        {url === null ? "Publish a message or wait for a cron job" : "Send a request"}, and it appears here at
        once
        {url === null ? "." : ":"}
      </p>
      {url !== null && <pre class="code inline">curl -i {url}</pre>}
      <p class="quiet">
        Or use a form on the page of <a href={linkTo("endpoints")}>endpoints</a>.
      </p>
    </Empty>
  );
}

function TraceTable({ traces }: { traces: readonly TraceSummary[] }) {
  const slowest = traces.reduce((most, { durationMs }) => Math.max(most, durationMs), 1);
  return (
    <Scroll label="Requests">
      <table class="traces" role="table">
        <thead role="rowgroup">
          <tr role="row">
            <th scope="col" role="columnheader">
              Time
            </th>
            <th scope="col" role="columnheader">
              What
            </th>
            <th scope="col" role="columnheader">
              Status
            </th>
            <th scope="col" role="columnheader" class="number">
              Duration
            </th>
            <th scope="col" role="columnheader" class="wide-only">
              Service
            </th>
            <th scope="col" role="columnheader" class="wide-only number">
              Spans
            </th>
          </tr>
        </thead>
        <tbody role="rowgroup">
          {traces.map((trace) => (
            <TraceLine key={trace.traceId} trace={trace} slowest={slowest} />
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

function TraceLine({ trace, slowest }: { trace: TraceSummary; slowest: number }) {
  const share = Math.max(0.015, Math.log1p(trace.durationMs) / Math.log1p(slowest));
  return (
    <tr role="row">
      <td role="cell" class="time">
        {clock(trace.startMs)}
      </td>
      <td role="cell" class="name">
        <a href={linkTo("requests", [trace.traceId])}>{plainText(trace.name)}</a>
        {trace.kind !== "request" && <span class="kind">{trace.kind}</span>}
      </td>
      <td role="cell">
        <Status trace={trace} />
      </td>
      <td role="cell" class="number">
        {duration(trace.durationMs)}
        <span class="meter" aria-hidden="true" style={{ inlineSize: `${(share * 100).toFixed(1)}%` }} />
      </td>
      <td role="cell" class="wide-only quiet">
        {plainText(trace.service ?? "")}
      </td>
      <td role="cell" class="wide-only number quiet">
        {whole(trace.spans)}
      </td>
    </tr>
  );
}

function Older({ filter, from, shown }: { filter: TraceFilter; from: string | null; shown: number }) {
  const [next, setNext] = useState<{ from: string | null; next: string | null } | null>(null);
  const cursor = next !== null && next.from === from ? next.next : from;
  if (shown > MOST_ROWS) {
    return <p class="quiet">The newest {MOST_ROWS} are shown; narrow the search to see others.</p>;
  }
  if (cursor === null || shown === 0) return null;
  const load = async (): Promise<void> => {
    const answer = await get<TracesAnswer>(`traces?${traceQuery(filter, 100, cursor)}`);
    addTraces(answer.traces);
    setNext({ from, next: answer.next });
  };
  return (
    <p>
      <button type="button" onClick={() => void load().catch(() => undefined)}>
        Load older ones
      </button>
    </p>
  );
}

/** How many traces of a list began after the newest of another. */
function newerThan(held: readonly TraceSummary[], all: readonly TraceSummary[]): number {
  const newest = held[0]?.startMs ?? 0;
  return all.filter(({ startMs }) => startMs > newest).length;
}
