import { performance, type EventLoopUtilization } from "node:perf_hooks";
import { getHeapStatistics } from "node:v8";
import { collected, onCollect } from "./collected.ts";
import { record } from "./records.ts";

/** How often an isolate measures itself while metrics are read. */
const EVERY_MS = 2_000;

let timer: NodeJS.Timeout | undefined;
let last: EventLoopUtilization | undefined;

/** Tells the runtime how busy this isolate's event loop is, and how large its heap, while metrics are read. */
export function tellVitals(isolate: string): void {
  onCollect(() => {
    clearInterval(timer);
    timer = undefined;
    if (!collected.metrics) return;
    last = performance.eventLoopUtilization();
    timer = setInterval(() => tell(isolate), EVERY_MS).unref();
    tell(isolate);
  });
}

function tell(isolate: string): void {
  const now = performance.eventLoopUtilization();
  const { utilization } = performance.eventLoopUtilization(now, last);
  last = now;
  const point = (set: number): object => ({ labels: [isolate], set });
  const gauge = { kind: "gauge", labels: ["twinloop.isolate"] };
  const metrics = [
    {
      ...{ ...gauge, name: "nodejs.eventloop.utilization", unit: "1" },
      help: "The share of time that the event loop was busy.",
      points: [point(Number.isFinite(utilization) ? utilization : 0)],
    },
    {
      ...{ ...gauge, name: "v8js.memory.heap.used", unit: "By" },
      help: "The bytes of the heap that are used.",
      points: [point(getHeapStatistics().used_heap_size)],
    },
  ];
  record("recordMetrics", JSON.stringify({ metrics }));
}
