import { api, APIError, start, type HttpStatus } from "@twinloop/api";
import { Subscription, Topic } from "@twinloop/pubsub";
import { SQLDatabase, type Transaction } from "@twinloop/sqldb";

const db = new SQLDatabase("trips", { migrations: "./migrations" });

/** The steps of a booking in their order. A step throws `Refused` when it cannot be done; any other error is tried again. */
const STEPS = ["flight", "hotel", "card"] as const;
class Refused extends Error {}

async function book(step: string, traveller: string): Promise<string> {
  if (step === "card" && traveller === "eve") throw new Refused("the card is not covered");
  return `${step} booked`;
}
const cancel = async (step: string): Promise<string> => `${step} cancelled`;

/** One step to take, forwards or backwards. */
interface Task {
  trip: string;
  traveller: string;
  step: number;
  undo: boolean;
}

export const tasks = new Topic<Task>("trip-tasks", {
  deliveryGuarantee: "exactly-once",
  orderingAttribute: "trip",
});

/** Takes a step. What it notes and the message of the next step commit together: a crash anywhere loses and repeats nothing. */
export const worker = new Subscription(tasks, "worker", {
  retryPolicy: { minBackoff: "100ms", maxRetries: 10 },
  handler: async (task, { tx }) => {
    const { trip, traveller, step, undo } = task;
    const note = (text: string, state: string): Promise<number> =>
      tx.exec`update trip set log = log || ${text}::text, state = ${state} where id = ${trip}`;
    const go = (to: number, back: boolean): Promise<string> =>
      tasks.publish({ ...task, step: to, undo: back }, { tx });
    if (undo) {
      await note(await cancel(STEPS[step]!), step === 0 ? "cancelled" : "cancelling");
      if (step > 0) await go(step - 1, true);
      return;
    }
    try {
      await note(await book(STEPS[step]!, traveller), step + 1 === STEPS.length ? "booked" : "booking");
      if (step + 1 < STEPS.length) await go(step + 1, false);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      await note(error.message, "cancelling");
      if (step > 0) await go(step - 1, true);
    }
  },
});

/** Begins a trip: its row and its first step commit together. */
export const begin = api(
  { expose: true, method: "POST", path: "/trips/:trip" },
  ({ trip, traveller }: { trip: string; traveller: string }): Promise<{ status: HttpStatus }> =>
    db.transaction(async (tx: Transaction) => {
      await tx.exec`insert into trip (id) values (${trip})`;
      await tasks.publish({ trip, traveller, step: 0, undo: false }, { tx });
      return { status: 202 };
    }),
);

/** Says how a trip stands. */
export const get = api(
  { expose: true, method: "GET", path: "/trips/:trip" },
  async ({ trip }: { trip: string }): Promise<{ state: string; log: string[] }> => {
    const found = await db.queryRow<{
      state: string;
      log: string[];
    }>`select state, log from trip where id = ${trip}`;
    if (found === null) throw APIError.notFound(`there is no trip ${trip}`);
    return found;
  },
);

await start();
