import { Subscription, Topic } from "@twinloop/pubsub";
import { db } from "./database.ts";
import { announceCount, type Count } from "./live.ts";

/** The message that a visitor followed a link. */
interface Click {
  link: number;
  at: Date;
}

export const clicks = new Topic<Click>("clicks", { deliveryGuarantee: "exactly-once" });

/** Notes a click on the link called `slug`, and gives the address it leads to. */
export function click(slug: string): Promise<string | null> {
  return db.transaction(async (tx) => {
    // Locked, so that nobody removes it before the click stands.
    const link = await tx.queryRow<{ id: number; url: string }>`
      select id, url from links where slug = ${slug} for key share`;
    if (!link) return null;
    const noted = await tx.queryRow<Click>`
      insert into clicks (link_id) values (${link.id}) returning link_id as link, at`;
    // Published when the transaction commits, and never when it does not.
    await clicks.publish(noted!, { tx });
    return link.url;
  });
}

/** Counts clicks after the redirect was sent, each click once: `tx` also stores which message was handled. */
export const count = new Subscription(clicks, "count", {
  // Clicks on one link wait for its row: more at once would only hold connections.
  maxConcurrency: 4,
  // A click takes milliseconds: those of a killed replica are soon counted by another.
  ackDeadline: "5s",
  handler: async ({ link, at }, { tx }) => {
    const counted = await tx.queryRow<Count>`
      update links set clicks = clicks + 1, last_click_at = greatest(last_click_at, ${at})
      where id = ${link} returning slug, clicks`;
    if (counted) await announceCount(tx, counted);
  },
});
