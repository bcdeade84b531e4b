import { afterEach, beforeEach, expect, test, vi } from "vitest";

interface Told {
  readonly metrics: readonly { readonly name: string; readonly points: readonly unknown[] }[];
}

const told: Told[] = [];
const collected = { isRunning: true, metrics: true, spans: false, sampledShare: 1, lines: false };
let handOver = (): void => undefined;
const refusals: ((failure: string) => void)[] = [];

// The runtime takes each text once; here the texts are looked at.
vi.mock("@twinloop/core-native/internal", async (original) => ({
  ...(await original<object>()),
  collected,
  onCollect: (listener: () => void) => listener(),
  onHandOver: (listener: () => void) => (handOver = listener),
  record: (_what: string, text: string, refused: (failure: string) => void) => {
    told.push(JSON.parse(text) as Told);
    refusals.push(refused);
  },
}));

const { Counter, CounterGroup, Gauge, GaugeGroup, Histogram, MetricError } = await import("../index.ts");
const { log } = await import("@twinloop/core-native");
const warned = vi.spyOn(log, "warn").mockImplementation(() => undefined);

beforeEach(() => {
  handOver();
  told.length = 0;
  warned.mockClear();
});

afterEach(() => {
  collected.isRunning = collected.metrics = true;
});

/** What has been told of a metric since the last time. */
function points(name: string): readonly unknown[] {
  handOver();
  return told
    .splice(0)
    .flatMap(({ metrics }) => metrics.filter((one) => one.name === name))
    .flatMap((one) => one.points);
}

test("a counter tells what it has grown by, by label", () => {
  const orders = new Counter("orders", { labels: ["kind", "paid"], help: "Orders.", unit: "{order}" });
  orders.increment({ kind: "gift", paid: true });
  orders.increment({ paid: true, kind: "gift" }, 2);
  orders.with({ kind: "own", paid: false }).increment(0.5);
  handOver();
  expect(told).toEqual([
    {
      metrics: [
        {
          ...{ name: "orders", kind: "counter", unit: "{order}", help: "Orders.", labels: ["kind", "paid"] },
          ...{ bounds: [], sum: false },
          points: [
            { labels: ["gift", "true"], add: 3 },
            { labels: ["own", "false"], add: 0.5 },
          ],
        },
      ],
    },
  ]);
  told.length = 0;
  expect(points("orders")).toEqual([]);
  orders.increment({ kind: "gift", paid: true });
  expect(points("orders")).toEqual([{ labels: ["gift", "true"], add: 1 }]);
});

test("a gauge tells its value, and only where it was set", () => {
  const open = new Gauge("open");
  open.set(5);
  open.increment();
  open.decrement(3);
  expect(points("open")).toEqual([{ labels: [], set: 3 }]);
  expect(points("open")).toEqual([]);
  open.increment(2);
  expect(points("open")).toEqual([{ labels: [], set: 5 }]);
});

test("a histogram tells what its buckets have grown by", () => {
  const sizes = new Histogram("sizes", { labels: ["kind"], buckets: [1, 10] });
  for (const value of [0.5, 1, 1.5, 10, 11]) sizes.observe({ kind: "a" }, value);
  sizes.with({ kind: "b" }).observe(100);
  expect(points("sizes")).toEqual([
    { labels: ["a"], counts: [2, 2, 1], sum: 24 },
    { labels: ["b"], counts: [0, 0, 1], sum: 100 },
  ]);
});

test("Encore's groups have the labels of their type, numbers rounded down", () => {
  const orders = new CounterGroup<{ kind: string; level: number }>("group_orders").ref();
  orders.with({ level: 2.9, kind: "gift" }).increment();
  orders.with({ kind: "gift", level: 2 }).increment(4);
  expect(points("group_orders")).toEqual([{ labels: ["gift", "2"], add: 5 }]);
  const guests = new GaugeGroup<{ room: string }>("guests", { workers: "last" });
  guests.with({ room: "a" }).set(7);
  expect(points("guests")).toEqual([{ labels: ["a"], set: 7 }]);
});

const wrong = new Counter("wrong", { labels: ["kind"] });
const plain = new Gauge("plain");

test.each<[string, () => void]>([
  ['has no label "kin": its labels are kind', () => wrong.increment({ kind: "a", kin: "b" } as never)],
  ["the label kind of the metric wrong is missing", () => wrong.increment({} as never)],
  ["the label kind of the metric wrong is NaN", () => wrong.increment({ kind: Number.NaN })],
  ["give an object with their values", () => (wrong.increment as () => void)()],
  ["cannot fall by 1", () => wrong.increment({ kind: "a" }, -1)],
  ["cannot take NaN", () => plain.set(Number.NaN)],
  ["cannot take Infinity", () => wrong.increment({ kind: "a" }, Infinity)],
  ["cannot take string", () => plain.set("1" as never)],
  ['cannot have the name "1st"', () => new Counter("1st")],
  ['cannot have the name ""', () => new Counter("")],
  ['cannot be called "a b"', () => new Counter("spaced", { labels: ["a b"] })],
  ["has a label twice", () => new Counter("twice", { labels: ["a", "a"] })],
  ["buckets that cannot be", () => new Histogram("falling", { buckets: [2, 1] })],
  ["is defined twice", () => new Gauge("wrong")],
  ["is defined twice", () => new Counter("wrong", { labels: ["other"] })],
])("%s is a typed error", (message, run) => {
  expect(run).toThrow(MetricError);
  expect(run).toThrow(message);
});

test("a module that is loaded again shares the metric", () => {
  const [one, other] = [new Counter("again", { help: "a" }), new Counter("again", { help: "b" })];
  one.increment();
  other.increment();
  expect(points("again")).toEqual([{ labels: [], add: 2 }]);
});

test("an explosion of labels is bounded, and told once", () => {
  const exploding = new Counter("exploding", { labels: ["id"] });
  for (let id = 0; id < 3_000; id++) exploding.increment({ id });
  expect(points("exploding")).toHaveLength(2_000);
  expect(warned).toHaveBeenCalledOnce();
  const long = new Counter("long", { labels: ["text"] });
  long.increment({ text: "x".repeat(10_000) });
  expect(points("long")).toEqual([{ labels: ["x".repeat(256)], add: 1 }]);
});

test("before the start what is counted waits; where nobody reads, it is dropped", () => {
  const early = new Counter("early");
  collected.isRunning = false;
  early.increment();
  expect(points("early")).toEqual([]);
  collected.isRunning = true;
  expect(points("early")).toEqual([{ labels: [], add: 1 }]);
  collected.metrics = false;
  early.increment();
  expect(points("early")).toEqual([]);
  collected.metrics = true;
  expect(points("early")).toEqual([]);
});

test("changes are told by themselves, a quarter of a second later", async () => {
  vi.useFakeTimers();
  new Counter("timely").increment();
  await vi.advanceTimersByTimeAsync(249);
  expect(told).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(told).toHaveLength(1);
  vi.useRealTimers();
});

test("what the runtime refuses is logged once", () => {
  new Counter("refused").increment();
  handOver();
  const failure = JSON.stringify({ code: "failed_precondition", message: "defined twice" });
  refusals.at(-1)!(failure);
  refusals.at(-1)!(failure);
  expect(warned.mock.calls).toEqual([
    ["failed to record metrics", { code: "failed_precondition", reason: "defined twice" }],
  ]);
});
