import { api } from "@twinloop/api";
import type { Transaction } from "@twinloop/sqldb";
import { db } from "./database.ts";

/** How many clicks a link has. */
export interface Count {
  slug: string;
  clicks: number;
}

const CHANNEL = "counts";

/** Tells every page that is open, on whichever replica, once `tx` commits. */
export async function announceCount(tx: Transaction, count: Count): Promise<void> {
  await tx.exec`select pg_notify(${CHANNEL}, ${JSON.stringify(count)})`;
}

/** Each count as it changes, as server-sent events. */
export const live = api.sse({ expose: true, path: "/live" }, async function* (_: void, { signal }) {
  // After a gap the stream ends: a page that connects again reads all counts first.
  const counts = await db.listen(CHANNEL, { signal, onGap: () => void counts.close() });
  for await (const { payload } of counts) {
    yield { event: "count", data: JSON.parse(payload) as Count };
  }
});
