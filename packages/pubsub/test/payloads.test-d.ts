import { Subscription, Topic, type BatchContext } from "@twinloop/pubsub";
import { expectTypeOf } from "vitest";

interface Click {
  slug: string;
  at: Date;
}

const clicks = new Topic<Click>("clicks", { deliveryGuarantee: "at-least-once" });

expectTypeOf(clicks.publish({ slug: "home", at: new Date() })).resolves.toBeString();
// @ts-expect-error: a message has all of its properties.
void clicks.publish({ slug: "home" });

new Subscription(clicks, "count", {
  handler: async (click) => expectTypeOf(click).toEqualTypeOf<Click>(),
});

interface Sale {
  region: "eu" | "us";
  cents: number;
  sku: string;
  coupon?: string;
  at: Date;
}
const sales = new Topic<Sale>("sales");
const handler = (): void => undefined;
new Subscription(sales, "large", {
  handler,
  filter: {
    region: ["eu", { not: "us" }],
    cents: { gte: 1000, lt: 5000 },
    sku: { prefix: "book-" },
    coupon: [null, { prefix: "free" }],
    at: { exists: true },
  },
});
// @ts-expect-error: messages have no such property.
new Subscription(sales, "unknown", { handler, filter: { regoin: "eu" } });
// @ts-expect-error: it never has this value.
new Subscription(sales, "never", { handler, filter: { region: "as" } });
// @ts-expect-error: a number has no prefix.
new Subscription(sales, "prefix", { handler, filter: { cents: { prefix: "1" } } });
// @ts-expect-error: a text is not greater than a number.
new Subscription(sales, "range", { handler, filter: { sku: { gt: 1 } } });
// @ts-expect-error: no date is compared.
new Subscription(sales, "date", { handler, filter: { at: "2030-01-01" } });

// @ts-expect-error: there is no such guarantee.
new Topic<Click>("others", { deliveryGuarantee: "at-most-once" });

new Subscription(clicks, "store", {
  batchHandler: async (many, context) => {
    expectTypeOf(many).toEqualTypeOf<readonly Click[]>();
    expectTypeOf(context).toEqualTypeOf<BatchContext<Click>>();
    expectTypeOf(context.entries[0]!.message).toEqualTypeOf<Click>();
    context.fail(many[0]!, new Error("no"));
    // @ts-expect-error: neither an index nor a message of the batch.
    context.fail("first", new Error("no"));
  },
});
