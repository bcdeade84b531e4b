import { useRef, useState } from "preact/hooks";
import type { SpanAnswer } from "../../contract.ts";
import { plainText } from "../text/plain-text.ts";
import { duration } from "../text/quantity.ts";
import { visibleRows, type Waterfall, type WaterfallRow } from "./waterfall.ts";

/** What the kinds of spans are called beside their names. */
const KIND_WORDS = {
  server: "request",
  client: "call out",
  producer: "publish",
  consumer: "delivery",
  internal: "",
} as const;

/**
 * The spans of a trace as bars over time. Up and down move, right opens, left closes or goes to the parent, Home and End go
 * to the ends; the details follow the row that has the focus.
 */
export function WaterfallGrid({
  waterfall,
  chosen,
  choose,
}: {
  waterfall: Waterfall;
  chosen: string;
  choose: (spanId: string) => void;
}) {
  const { rows } = waterfall;
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const grid = useRef<HTMLDivElement>(null);
  const shown = visibleRows(rows, closed);
  const focus = (index: number | undefined): void => {
    const row = index === undefined ? undefined : rows[index];
    if (row === undefined) return;
    choose(row.span.spanId);
    grid.current?.querySelector<HTMLElement>(`[data-row="${index}"]`)?.focus();
  };
  const toggle = ({ spanId }: SpanAnswer): void => {
    const next = new Set(closed);
    if (!next.delete(spanId)) next.add(spanId);
    setClosed(next);
  };
  const onKeyDown = (event: KeyboardEvent, index: number, row: WaterfallRow): void => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const move = moveOf(event.key, { shown, index, row, isClosed: closed.has(row.span.spanId) });
    if (move === null) return;
    event.preventDefault();
    if (move === "toggle") toggle(row.span);
    else focus(move);
  };
  const tabStop = shown.find((index) => rows[index]?.span.spanId === chosen) ?? shown[0];
  return (
    <div class="waterfall" role="treegrid" aria-label="Spans of the trace" ref={grid}>
      <Axis waterfall={waterfall} />
      {shown.map((index) => {
        const row = rows[index];
        if (row === undefined) return null;
        const { span, depth, children } = row;
        const isClosed = closed.has(span.spanId);
        return (
          <div
            key={span.spanId}
            class={`span-row${span.status === "error" ? " failed" : ""}`}
            role="row"
            data-row={index}
            tabIndex={index === tabStop ? 0 : -1}
            aria-level={depth + 1}
            aria-expanded={children > 0 ? !isClosed : undefined}
            aria-selected={span.spanId === chosen}
            onFocus={() => choose(span.spanId)}
            onClick={() => focus(index)}
            onKeyDown={(event) => onKeyDown(event, index, row)}
          >
            <SpanName row={row} isClosed={isClosed} toggle={() => toggle(span)} />
            <SpanBar row={row} startMs={waterfall.startMs} />
            <span role="gridcell" class="number">
              {duration(span.durationMs)}
            </span>
          </div>
        );
      })}
    </div>
  );
}

/** What a key does on a row: the index to go to (which may be none), to open or close the row, or `null` for nothing. */
function moveOf(
  key: string,
  at: { shown: readonly number[]; index: number; row: WaterfallRow; isClosed: boolean },
): number | "toggle" | undefined | null {
  const { shown, index, row, isClosed } = at;
  const place = shown.indexOf(index);
  const hasChildren = row.children > 0;
  switch (key) {
    case "ArrowDown":
      return shown[place + 1];
    case "ArrowUp":
      return shown[place - 1];
    case "Home":
      return shown[0];
    case "End":
      return shown.at(-1);
    case "ArrowRight":
      return hasChildren && isClosed ? "toggle" : hasChildren ? shown[place + 1] : undefined;
    case "ArrowLeft":
      return hasChildren && !isClosed ? "toggle" : row.parent;
    default:
      return null;
  }
}

function Axis({ waterfall: { ticks, totalMs } }: { waterfall: Waterfall }) {
  return (
    <div class="span-row span-axis" role="row">
      <span role="columnheader">Span</span>
      <span role="columnheader" class="axis">
        <span class="hidden">Time since the start</span>
        {ticks.map((tick) => (
          <span
            key={tick}
            aria-hidden="true"
            class="tick"
            style={{ insetInlineStart: `${(tick / (totalMs || 1)) * 100}%` }}
          >
            {duration(tick)}
          </span>
        ))}
      </span>
      <span role="columnheader" class="number">
        Duration
      </span>
    </div>
  );
}

function kindOf({ kind, attributes }: SpanAnswer): string {
  return "db.system.name" in attributes ? "query" : KIND_WORDS[kind];
}

function SpanName({ row, isClosed, toggle }: { row: WaterfallRow; isClosed: boolean; toggle: () => void }) {
  const { span, depth, children } = row;
  const kind = kindOf(span);
  return (
    <span role="gridcell" class="span-name" style={{ paddingInlineStart: `${Math.min(depth, 12) * 14}px` }}>
      <span
        class="twist"
        aria-hidden="true"
        onClick={(event) => {
          event.stopPropagation();
          if (children > 0) toggle();
        }}
      >
        {children === 0 ? "" : isClosed ? "▸" : "▾"}
      </span>
      <span class="clip">
        {span.status === "error" && <span class="bad-text">✕ error </span>}
        {plainText(span.name)}
        {kind !== "" && <span class="kind">{kind}</span>}
      </span>
    </span>
  );
}

function SpanBar({ row, startMs }: { row: WaterfallRow; startMs: number }) {
  const { span, left, width } = row;
  return (
    <span role="gridcell" class="lane">
      <span class="hidden">begins after {duration(span.startMs - startMs)}</span>
      <span
        class={`bar ${span.kind}`}
        style={{
          insetInlineStart: `${(left * 100).toFixed(3)}%`,
          inlineSize: `max(3px, ${(width * 100).toFixed(3)}%)`,
        }}
      />
    </span>
  );
}
