import { expectTypeOf, test } from "vitest";
import { Counter, CounterGroup, Gauge, Histogram } from "../src/index.ts";

test("labels are typed", () => {
  const orders = new Counter("orders", { labels: ["kind", "paid"] });
  expectTypeOf(orders.increment).parameters.toEqualTypeOf<
    [labels: Readonly<Record<"kind" | "paid", string | number | boolean>>, by?: number]
  >();
  // @ts-expect-error -- the labels are missing
  orders.increment();
  // @ts-expect-error -- one label is missing
  orders.increment({ kind: "a" });
  // @ts-expect-error -- it has no such label
  orders.increment({ kind: "a", paid: true, other: 1 });
});

test("a metric without labels takes none", () => {
  expectTypeOf(new Counter("plain").increment).parameters.toEqualTypeOf<[by?: number]>();
  expectTypeOf(new Gauge("plain").set).parameters.toEqualTypeOf<[value: number]>();
  expectTypeOf(new Histogram("plain").observe).parameters.toEqualTypeOf<[value: number]>();
});

test("a series has no labels any more", () => {
  const orders = new Counter("orders", { labels: ["kind"] });
  expectTypeOf(orders.with({ kind: "a" }).increment).parameters.toEqualTypeOf<[by?: number]>();
  const group = new CounterGroup<{ kind: string }>("orders");
  expectTypeOf(group.with).parameter(0).toEqualTypeOf<{ kind: string }>();
});
