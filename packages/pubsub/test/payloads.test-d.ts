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
