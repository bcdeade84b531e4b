import { api, start, type HttpStatus, type MaxLen } from "@twinloop/api";
import { Subscription, Topic } from "@twinloop/pubsub";
import { secret } from "@twinloop/secrets";

const greeting = secret("Greeting");

export const visits = new Topic<{ name: string }>("visits");
export const counts = new Map<string, number>();

/** Counts visits. */
export const count = new Subscription(visits, "count", {
  handler: ({ name }) => void counts.set(name, (counts.get(name) ?? 0) + 1),
});

/** Greets a visitor. */
export const greet = api(
  { expose: true, method: "GET", path: "/visitors/:name" },
  async ({ name }: { name: string & MaxLen<40> }): Promise<{ text: string }> => {
    await visits.publish({ name });
    return { text: `${greeting()}, ${name}!` };
  },
);

/** Lets a visitor go, who is counted once more an hour later. */
export const leave = api(
  { expose: true, method: "DELETE", path: "/visitors/:name" },
  async ({ name }: { name: string }): Promise<{ status: HttpStatus }> => {
    await visits.publish({ name }, { delay: "1h" });
    return { status: 202 };
  },
);

await start();
