import { api } from "@twinloop/api";
import type { Transaction } from "@twinloop/sqldb";
import { db } from "./database.ts";

/** The number of clicks of a link. */
export interface Count {
  slug: string;
  clicks: number;
}

const CHANNEL = "counts";

/** Sends a count to every open page of every replica, once `tx` commits. */
export async function announceCount(tx: Transaction, count: Count): Promise<void> {
  await tx.exec`select pg_notify(${CHANNEL}, ${JSON.stringify(count)})`;
}

/** Gives each count as it changes, until `signal` aborts or notifications were missed. */
async function* counts(signal: AbortSignal): AsyncGenerator<Count> {
  // After a gap the stream ends: a page that connects again reads all counts first.
  const heard = await db.listen(CHANNEL, { signal, onGap: () => void heard.close() });
  for await (const { payload } of heard) yield JSON.parse(payload) as Count;
}

/** Streams each count as it changes, as server-sent events: for curl, and for whatever speaks no WebSocket. */
export const live = api.sse({ expose: true, path: "/live" }, async function* (_: void, { signal }) {
  for await (const data of counts(signal)) yield { event: "count", data };
});

/** Sends each count as it changes to the page, over a WebSocket. */
export const liveCounts = api.streamOut<Count>(
  { expose: true, path: "/live-counts" },
  async (stream, { signal }) => {
    for await (const count of counts(signal)) await stream.send(count);
  },
);
