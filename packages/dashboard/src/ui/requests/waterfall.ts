import type { SpanAnswer } from "../../contract.ts";

/** One row of a waterfall: a span, and where its bar stands. */
export interface WaterfallRow {
  readonly span: SpanAnswer;
  /** How many ancestors the span has in this trace; 0 for a root. */
  readonly depth: number;
  /** The beginning of the bar, as a part of the trace's whole time, from 0 to 1. */
  readonly left: number;
  /** The length of the bar, as a part of the trace's whole time, from 0 to 1. */
  readonly width: number;
  readonly children: number;
  /** The index of the parent's row; -1 for a root. */
  readonly parent: number;
}

/** A whole trace, laid out. */
export interface Waterfall {
  readonly startMs: number;
  readonly totalMs: number;
  /** Parents stand before their children, siblings by their start. */
  readonly rows: readonly WaterfallRow[];
  /** Round instants of the axis, in milliseconds since the start. */
  readonly ticks: readonly number[];
}

/**
 * Lays out the spans of a trace. A span whose parent is not among them (in another process, or dropped) is a root, as is
 * one of a circle of parents.
 */
export function layOutWaterfall(spans: readonly SpanAnswer[]): Waterfall {
  const startMs = spans.reduce((least, span) => Math.min(least, span.startMs), spans[0]?.startMs ?? 0);
  const endMs = spans.reduce((most, span) => Math.max(most, span.startMs + span.durationMs), startMs);
  const totalMs = endMs - startMs;
  const share = (ms: number): number => (totalMs > 0 ? Math.min(1, Math.max(0, ms / totalMs)) : 0);
  const children = childrenByParent(spans);
  const rows: WaterfallRow[] = [];
  const placed = new Set<string>();
  const place = (root: SpanAnswer): void => {
    const waiting = [{ span: root, depth: 0, parent: -1 }];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const { span, depth, parent } = next;
      if (placed.has(span.spanId)) continue;
      placed.add(span.spanId);
      const below = (children.get(span.spanId) ?? []).filter(({ spanId }) => !placed.has(spanId));
      const row = rows.length;
      const left = share(span.startMs - startMs);
      const width = Math.min(share(span.durationMs), 1 - left);
      rows.push({ span, depth, left, width, children: below.length, parent });
      for (const child of below.toReversed()) waiting.push({ span: child, depth: depth + 1, parent: row });
    }
  };
  for (const root of children.get(null) ?? []) place(root);
  for (const span of byStart(spans)) place(span);
  return { startMs, totalMs, rows, ticks: ticksOf(totalMs) };
}

function byStart(spans: readonly SpanAnswer[]): SpanAnswer[] {
  return spans.toSorted((left, right) => left.startMs - right.startMs || right.durationMs - left.durationMs);
}

function childrenByParent(spans: readonly SpanAnswer[]): Map<string | null, SpanAnswer[]> {
  const known = new Set(spans.map(({ spanId }) => spanId));
  const children = new Map<string | null, SpanAnswer[]>();
  for (const span of byStart(spans)) {
    const { parentSpanId } = span;
    const parent = parentSpanId !== null && known.has(parentSpanId) ? parentSpanId : null;
    const siblings = children.get(parent);
    if (siblings === undefined) children.set(parent, [span]);
    else siblings.push(span);
  }
  return children;
}

/** Round instants between 0 and the whole time: steps of 1, 2 or 5 times a power of ten, at most six. */
export function ticksOf(totalMs: number): number[] {
  if (!(totalMs > 0)) return [0];
  const rough = totalMs / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough) ?? rough;
  return Array.from({ length: Math.floor(totalMs / step + 1e-9) + 1 }, (_, index) =>
    Number((index * step).toPrecision(12)),
  );
}

/** The indexes of the rows that are shown while the spans of `closed` hide their children. */
export function visibleRows(rows: readonly WaterfallRow[], closed: ReadonlySet<string>): number[] {
  const hidden = new Set<number>();
  const shown: number[] = [];
  for (const [index, { parent }] of rows.entries()) {
    const above = rows[parent];
    if (above !== undefined && (hidden.has(parent) || closed.has(above.span.spanId))) hidden.add(index);
    else shown.push(index);
  }
  return shown;
}
