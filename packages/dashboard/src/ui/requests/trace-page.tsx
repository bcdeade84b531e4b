import { useState } from "preact/hooks";
import type { LogsAnswer, SpanAnswer, TraceAnswer } from "../../contract.ts";
import { get } from "../admin/http.ts";
import { LogTable } from "../logs/log-table.tsx";
import { keep } from "../logs/log-list.ts";
import { Empty, Loaded } from "../parts/notices.tsx";
import { Page, Section } from "../parts/page.tsx";
import { CopyButton } from "../parts/copy-button.tsx";
import { usePolled } from "../state/polled.ts";
import { linkTo } from "../state/route.ts";
import { traces } from "../state/told.ts";
import { dayAndTime } from "../text/instant.ts";
import { plainText } from "../text/plain-text.ts";
import { counted, duration } from "../text/quantity.ts";
import { SpanDetails } from "./span-details.tsx";
import { Status } from "./status.tsx";
import { layOutWaterfall } from "./waterfall.ts";
import { WaterfallGrid } from "./waterfall-grid.tsx";

/** One trace: its waterfall, the chosen span, and the log lines that were written on the way. */
export function TracePage({ traceId }: { traceId: string }) {
  const summary = traces.value.find((trace) => trace.traceId === traceId);
  // A trace grows while its messages are delivered: what the stream tells of it is a reason to load it anew.
  const version = summary === undefined ? "" : `${summary.spans} ${summary.durationMs}`;
  const trace = usePolled(
    (signal) => get<TraceAnswer>(`traces/${encodeURIComponent(traceId)}`, signal),
    `trace ${traceId}`,
    null,
    version,
  );
  const name = summary?.name ?? trace.value?.spans[0]?.name ?? "Trace";
  return (
    <Page
      title={plainText(name)}
      back={{ href: linkTo("requests"), label: "Requests" }}
      lead={
        <>
          {summary !== undefined && <Status trace={summary} />} <code class="id">{plainText(traceId)}</code>{" "}
          <CopyButton text={traceId} label="Copy id" />
        </>
      }
    >
      <Loaded polled={trace}>{(answer) => <Spans key={traceId} answer={answer} />}</Loaded>
      {trace.failure?.code === "not_found" && (
        <p class="quiet">
          The app keeps the traces of its last requests in memory, and none from before its last restart.
        </p>
      )}
      <TraceLogs traceId={traceId} version={version} />
    </Page>
  );
}

function Spans({ answer }: { answer: TraceAnswer }) {
  const { spans, dropped } = answer;
  const waterfall = layOutWaterfall(spans);
  const [chosen, setChosen] = useState<string | null>(spans[0]?.spanId ?? null);
  const span = spans.find(({ spanId }) => spanId === chosen) ?? spans[0];
  if (span === undefined) return <Empty title="This trace has no spans." />;
  return (
    <>
      <p class="quiet">
        {dayAndTime(waterfall.startMs)} · {duration(waterfall.totalMs)} · {counted(spans.length, "span")}
        {dropped > 0 && ` · ${counted(dropped, "further span was", "further spans were")} not kept`}
      </p>
      <WaterfallGrid waterfall={waterfall} chosen={span.spanId} choose={setChosen} />
      <SpanDetails
        key={span.spanId}
        span={span}
        startMs={waterfall.startMs}
        parent={parentName(spans, span)}
      />
    </>
  );
}

function parentName(spans: readonly SpanAnswer[], span: SpanAnswer): string | null {
  return spans.find(({ spanId }) => spanId === span.parentSpanId)?.name ?? null;
}

function TraceLogs({ traceId, version }: { traceId: string; version: string }) {
  const query = new URLSearchParams({ traceId, limit: "200" });
  const logs = usePolled(
    (signal) => get<LogsAnswer>(`logs?${query.toString()}`, signal),
    `logs ${traceId}`,
    null,
    version,
  );
  const written = logs.value?.lines ?? [];
  return (
    <Section title="Log lines">
      <Loaded polled={logs}>
        {() =>
          written.length === 0 ? (
            <p class="quiet">No log line carries this trace's id.</p>
          ) : (
            <LogTable lines={keep(written, "trace")} />
          )
        }
      </Loaded>
    </Section>
  );
}
