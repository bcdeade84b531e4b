import { expect, test } from "vitest";
import { bestCapacity, capacity, clusterCapacity, defaultIoThreads } from "./capacity.mjs";

const price = { javascriptMicros: 2, ioMicros: 8 };

test("stops at the cores where both kinds of thread share one", () => {
  expect(capacity(price, { isolates: 1, ioThreads: 1, cores: 1 })).toEqual({
    requestsPerSecond: 100_000,
    bound: "cores",
  });
});

test("stops at the I/O threads while they are few, and at the one JavaScript thread when they are many", () => {
  const cores = 16;
  const few = capacity(price, { isolates: 1, ioThreads: 2, cores });
  expect(few).toEqual({ requestsPerSecond: 250_000, bound: "I/O threads" });
  const many = capacity(price, { isolates: 1, ioThreads: 8, cores });
  expect(many).toEqual({ requestsPerSecond: 500_000, bound: "JS thread" });
});

test("leaves the load its share of the cores, and no more than it can do itself", () => {
  const room = { isolates: 1, ioThreads: 4, cores: 2 };
  expect(capacity(price, { ...room, besideMicros: 10 })).toMatchObject({ requestsPerSecond: 100_000 });
  expect(capacity(price, { ...room, cores: 8, besideMicros: 10 }).bound).toBe("load");
});

test("takes as many isolates and I/O threads as pay, and no more", () => {
  expect(bestCapacity(price, 5)).toMatchObject({ isolates: 1, ioThreads: 4, requestsPerSecond: 500_000 });
  expect(bestCapacity(price, 2)).toMatchObject({ isolates: 1, ioThreads: 2, requestsPerSecond: 200_000 });
  expect(bestCapacity(price, 1)).toMatchObject({ isolates: 1, ioThreads: 1, bound: "cores" });
  expect(bestCapacity({ javascriptMicros: 30, ioMicros: 10 }, 4)).toMatchObject({
    isolates: 3,
    ioThreads: 1,
  });
});

test("adds up processes that share nothing", () => {
  expect(clusterCapacity(200, 4)).toBe(20_000);
});

test("knows how many I/O threads the runtime takes", () => {
  expect([1, 2, 4, 16].map(defaultIoThreads)).toEqual([1, 1, 3, 4]);
});
