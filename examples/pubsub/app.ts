import { api, start, type HttpStatus } from "@twinloop/api";
import { Subscription, Topic, Unrecoverable } from "@twinloop/pubsub";

interface Order {
  id: string;
  email: string;
}

export const orders = new Topic<Order>("orders");

let mailServerWorks = false;
const sent: string[] = [];

/** Sends receipts. What fails is tried again with growing pauses; what failed too often is kept as a dead letter. */
export const receipts = new Subscription(orders, "send-receipt", {
  retryPolicy: { minBackoff: "50ms", maxBackoff: "200ms", maxRetries: 2 },
  handler: async ({ id, email }, ctx) => {
    if (!email.includes("@")) throw new Unrecoverable(`${email} is no address`);
    if (!mailServerWorks) throw new Error("the mail server does not answer");
    sent.push(id);
    ctx.log.info("sent a receipt", { order: id, attempt: ctx.attempt });
  },
});

/** Places an order. The answer is sent when the message is safe, not when it is handled. */
export const place = api(
  { expose: true, method: "POST", path: "/orders" },
  async (order: Order): Promise<{ status: HttpStatus }> => {
    await orders.publish(order, { dedupeKey: order.id });
    return { status: 202 };
  },
);

/** Lists the receipts that were sent, and what was given up, with its reason. */
export const list = api(
  { expose: true, method: "GET", path: "/receipts" },
  async (): Promise<{ sent: string[]; dead: { id: string; reason: string; attempts: number }[] }> => {
    const letters = await receipts.deadLetters();
    const dead = letters.map(({ body, reason, attempts }) => ({ id: body.id, reason, attempts }));
    return { sent, dead: dead.toSorted((a, b) => (a.id < b.id ? -1 : 1)) };
  },
);

/** Repairs the mail server, and has every dead letter tried again. */
export const repair = api(
  { expose: true, method: "POST", path: "/repair" },
  async (): Promise<{ redriven: number }> => {
    mailServerWorks = true;
    return { redriven: await receipts.redrive() };
  },
);

await start();
