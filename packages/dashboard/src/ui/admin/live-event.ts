import type { LiveEvent } from "../../contract.ts";

const KINDS = new Set(["trace", "log", "missed", "app"]);

/** Reads a server-sent event; `null` for one that this page does not know, or that is no JSON. */
export function readLiveEvent(event: string | undefined, data: string): LiveEvent | null {
  if (event === undefined || !KINDS.has(event)) return null;
  try {
    const value: unknown = JSON.parse(data);
    return value !== null && typeof value === "object" ? ({ event, data: value } as LiveEvent) : null;
  } catch {
    return null;
  }
}

/** How long to wait before the attempt after `failures` failed ones: 0.3 s, doubled up to 5 s. */
export function waitMs(failures: number): number {
  return Math.min(5000, 300 * 2 ** Math.max(0, failures - 1));
}
