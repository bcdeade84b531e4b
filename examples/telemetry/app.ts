import { setTimeout as delay } from "node:timers/promises";
import { api, start, type Int, type Max, type Min } from "@twinloop/api";
import { Counter, Gauge, Histogram, trace } from "@twinloop/telemetry";

const baked = new Counter("pizzas_baked", { labels: ["kind"], help: "Pizzas that left the oven." });
const inOven = new Gauge("pizzas_in_oven", { help: "Pizzas in the oven now." });
const toppings = new Histogram("pizza_toppings", { buckets: [1, 2, 4, 8], help: "Toppings of a pizza." });

interface Wish {
  kind: "thin" | "thick";
  toppings: number & Int & Min<0> & Max<10>;
}

/** Bakes a pizza. The spans nest in the one of the request, which the runtime records by itself. */
export const bake = api(
  { expose: true, method: "POST", path: "/pizzas" },
  async (wish: Wish): Promise<{ trace: string; spans: number }> => {
    const dough = await trace.span("roll dough", { attributes: { kind: wish.kind } }, async (span) => {
      await delay(5);
      span.addEvent("rolled");
      return span.trace;
    });
    inOven.increment();
    const oven = await trace.span("bake", async (span) => {
      span.setAttribute("toppings", wish.toppings);
      await delay(10);
      return span.trace;
    });
    inOven.decrement();
    baked.increment({ kind: wish.kind });
    toppings.observe(wish.toppings);
    const current = trace.current()!;
    const spans = [dough, oven].filter(({ parentSpanId }) => parentSpanId === current.spanId).length;
    return { trace: current.traceId, spans };
  },
);

await start();
