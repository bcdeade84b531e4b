import { api, start } from "@twinloop/api";
import { RetryAfter, Subscription, Topic, type MessageContext } from "@twinloop/pubsub";
import { SQLDatabase, type Transaction } from "@twinloop/sqldb";

const db = new SQLDatabase("trips", { migrations: "./migrations" });

/** Takes a step once: its result commits with what it does by `tx`. A run that begins again is given the result. */
function step<T>(ctx: MessageContext, name: string, take: (tx: Transaction) => Promise<T>) {
  const id = `${ctx.messageId} ${name}`;
  return db.transaction(async (tx) => {
    const taken = await tx.queryRow<{ result: T }>`select result from step where id = ${id}`;
    if (taken !== null) return taken.result;
    const result = await take(tx);
    await tx.exec`insert into step (id, result) values (${id}, ${JSON.stringify(result)})`;
    ctx.log.info(`took the step: ${name}`);
    return result;
  });
}

/** Waits without a process: the run ends here, and begins again when its time has come. */
async function sleep(ctx: MessageContext, name: string, ms: number): Promise<void> {
  const until = await step(ctx, name, async () => Date.now() + ms);
  if (Date.now() < until) throw new RetryAfter(new Date(until));
}

export const trips = new Topic<{ user: string }>("trips", { deliveryGuarantee: "at-least-once" });

/** Books a trip. What throws is tried again from there on; a card that is refused undoes the steps before it. */
export const book = new Subscription(trips, "book", {
  keepResults: "1d",
  ackDeadline: "5s", // when the steps of a process that was killed go on elsewhere
  handler: async ({ user }, ctx) => {
    const note = (what: string) => (tx: Transaction) =>
      tx.exec`insert into log (run, what) values (${ctx.messageId}, ${what})`;
    await step(ctx, "flight", note("flight booked"));
    await sleep(ctx, "time to think", 5_000);
    await step(ctx, "hotel", async (tx) => {
      await note("hotel booked")(tx);
      if (ctx.attempt === 2) throw new Error("the hotel does not answer"); // what it has noted is rolled back
    });
    if (await step(ctx, "card", async () => user !== "eve")) return { state: "booked" };
    for (const part of ["hotel", "flight"]) await step(ctx, `undo ${part}`, note(`${part} cancelled`));
    return { state: "cancelled" };
  },
});

/** Begins a trip. */
export const begin = api({ expose: true, method: "POST", path: "/runs" }, async (trip: { user: string }) => {
  return { id: await trips.publish(trip) };
});

/** Waits for the end of a trip, and lists what was done. */
export const end = api({ expose: true, method: "GET", path: "/runs/:id" }, async ({ id }: { id: string }) => {
  const { state } = await book.result(id, { timeout: "30s" });
  const rows = await db.queryAll<{ what: string }>`select what from log where run = ${id} order by id`;
  return { state, done: rows.map(({ what }) => what) };
});

await start();
