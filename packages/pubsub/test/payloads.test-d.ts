import { Subscription, Topic } from "@twinloop/pubsub";
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
// @ts-expect-error: a subscription has a handler.
new Subscription(clicks, "nothing", {});
