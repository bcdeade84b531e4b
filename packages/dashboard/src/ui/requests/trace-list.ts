import type { TraceSummary } from "../../contract.ts";

/**
 * What is shown of the traces; an empty text, `false` and 0 admit all. The kind `operations` is what somebody asked of the app:
 * all but calls that belong to none, as a migration's statements at the start.
 */
export interface TraceFilter {
  readonly text: string;
  readonly kind: string;
  readonly errors: boolean;
  readonly minMs: number;
}

/**
 * Adds traces to a list, the newest first. A trace that is told again, as when a message of it was delivered, replaces what
 * was known of it.
 *
 * Limits: the newest `most` are kept.
 */
export function mergeTraces(
  list: readonly TraceSummary[],
  added: readonly TraceSummary[],
  most: number,
): readonly TraceSummary[] {
  if (added.length === 0) return list;
  const byId = new Map(list.map((trace) => [trace.traceId, trace]));
  for (const trace of added) byId.set(trace.traceId, trace);
  return [...byId.values()].sort((left, right) => right.startMs - left.startMs).slice(0, most);
}

/** Whether a filter admits a trace, as the admin server's own query does: text is looked for in names, ids and routes. */
export function admits(filter: TraceFilter, trace: TraceSummary): boolean {
  const text = filter.text.trim().toLowerCase();
  const told = `${trace.name} ${trace.traceId} ${trace.service ?? ""} ${trace.refusal ?? ""}`.toLowerCase();
  return (
    (text === "" || told.includes(text)) &&
    admitsKind(filter.kind, trace.kind) &&
    (!filter.errors || trace.status === "error") &&
    trace.durationMs >= filter.minMs
  );
}

function admitsKind(wanted: string, kind: TraceSummary["kind"]): boolean {
  return wanted === "" || (wanted === "operations" ? kind !== "call" : kind === wanted);
}

/** The query of `GET /api/traces` for a filter. */
export function traceQuery(filter: TraceFilter, limit: number, before: string | null): string {
  const query = new URLSearchParams({ limit: String(limit) });
  if (before !== null) query.set("before", before);
  if (filter.text.trim() !== "") query.set("q", filter.text.trim());
  if (filter.kind !== "" && filter.kind !== "operations") query.set("kind", filter.kind);
  if (filter.errors) query.set("errors", "true");
  if (filter.minMs > 0) query.set("minMs", String(filter.minMs));
  return query.toString();
}
