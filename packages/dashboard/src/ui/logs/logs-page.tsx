import { useState } from "preact/hooks";
import type { LogsAnswer } from "../../contract.ts";
import { get } from "../admin/http.ts";
import { StreamNote } from "../parts/stream-note.tsx";
import { Empty, Problem } from "../parts/notices.tsx";
import { Page } from "../parts/page.tsx";
import { route } from "../state/current-route.ts";
import { usePolled } from "../state/polled.ts";
import { linkTo } from "../state/route.ts";
import { addLines, lines, missed } from "../state/told.ts";
import { plainText } from "../text/plain-text.ts";
import { whole } from "../text/quantity.ts";
import { admitsLine, LEVELS, type KeptLine } from "./log-list.ts";
import { LogTable } from "./log-table.tsx";

/** The most lines that are drawn at once. */
const MOST_ROWS = 500;

/** The app's log lines, the newest first, with a search and a live tail. */
export function LogsPage() {
  const traceId = route.value.query.get("trace") ?? "";
  const [text, setText] = useState("");
  const [level, setLevel] = useState(0);
  const [held, setHeld] = useState<readonly KeptLine[] | null>(null);
  const filter = { text, level, traceId };
  const page = usePolled(
    async (signal) => {
      const answer = await get<LogsAnswer>(`logs?${logQuery(filter, null)}`, signal);
      addLines(answer.lines);
      return answer;
    },
    `${JSON.stringify(filter)} ${missed.value}`,
  );
  const shown = (held ?? lines.value).filter((line) => admitsLine(filter, line));
  const newest = held?.[0]?.timeMs ?? 0;
  const waiting = held === null ? 0 : lines.value.filter(({ timeMs }) => timeMs > newest).length;
  return (
    <Page
      title="Logs"
      lead="What the app and its runtime have written, the newest first."
      actions={
        <button
          type="button"
          aria-pressed={held !== null}
          onClick={() => setHeld(held === null ? lines.value : null)}
        >
          {held === null ? "Hold the tail" : `Follow again${waiting > 0 ? ` (${whole(waiting)} new)` : ""}`}
        </button>
      }
    >
      <form class="filters" role="search" onSubmit={(event) => event.preventDefault()}>
        <label class="grow">
          <span>Search</span>
          <input
            type="search"
            placeholder="message or any field"
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
          />
        </label>
        <label>
          <span>Level</span>
          <select value={String(level)} onChange={(event) => setLevel(Number(event.currentTarget.value))}>
            <option value="0">All</option>
            {LEVELS.map(([least, name]) => (
              <option key={least} value={String(least)}>
                {name === "fatal" ? name : `${name} and above`}
              </option>
            ))}
          </select>
        </label>
      </form>
      {traceId !== "" && (
        <p>
          Only lines of trace <code class="id">{plainText(traceId)}</code>.{" "}
          <a href={linkTo("logs")}>Show all</a>
        </p>
      )}
      {page.failure !== null && !page.failure.isDisconnected && <Problem failure={page.failure} />}
      <StreamNote />
      {shown.length > 0 && <LogTable lines={shown.slice(0, MOST_ROWS)} />}
      {shown.length === 0 && <NoLines isFiltered={lines.value.length > 0} isLoading={page.isLoading} />}
      <OlderLines filter={filter} from={page.value?.next ?? null} shown={shown.length} />
    </Page>
  );
}

function NoLines({ isFiltered, isLoading }: { isFiltered: boolean; isLoading: boolean }) {
  if (isFiltered) return <Empty title="No line among those that were seen fits this search." />;
  if (isLoading) return <p class="quiet loading">Loading…</p>;
  return (
    <Empty title="The app has written no line yet.">
      <p>
        A request writes one with <code>ACCESS_LOG=all</code>, and a handler writes its own by the log of{" "}
        <code>@twinloop/core-native</code>.
      </p>
    </Empty>
  );
}

interface LineFilter {
  readonly text: string;
  readonly level: number;
  readonly traceId: string;
}

function logQuery(filter: LineFilter, before: number | null): string {
  const query = new URLSearchParams({ limit: "200" });
  if (before !== null) query.set("before", String(before));
  if (filter.text.trim() !== "") query.set("q", filter.text.trim());
  if (filter.level > 0) query.set("level", String(filter.level));
  if (filter.traceId !== "") query.set("traceId", filter.traceId);
  return query.toString();
}

function OlderLines({ filter, from, shown }: { filter: LineFilter; from: number | null; shown: number }) {
  const [next, setNext] = useState<{ from: number | null; next: number | null } | null>(null);
  const cursor = next !== null && next.from === from ? next.next : from;
  if (shown > MOST_ROWS) {
    return <p class="quiet">The newest {MOST_ROWS} are shown; narrow the search to see others.</p>;
  }
  if (cursor === null || shown === 0) return null;
  const load = async (): Promise<void> => {
    const answer = await get<LogsAnswer>(`logs?${logQuery(filter, cursor)}`);
    addLines(answer.lines);
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
