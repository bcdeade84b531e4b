import { expect, test } from "vitest";
import { judgeQueue } from "./verdict.mjs";

/** @param {number} messagesPerSecond @param {number} javascriptMicros @param {number} cpuMicros */
const measured = (messagesPerSecond, javascriptMicros, cpuMicros) => ({
  messagesPerSecond,
  javascriptMicros,
  cpuMicros,
  memoryGrowthMib: 1,
});

test("compares with the peer that is best in each figure, within each round", () => {
  const measurements = new Map([
    ["twinloop", [measured(300, 4, 12), measured(150, 8, 24)]],
    ["amqplib", [measured(200, 12, 12), measured(100, 24, 24)]],
    ["rabbitmq-client", [measured(250, 20, 20), measured(125, 40, 40)]],
  ]);
  const [rate, javascript, reference, cpu] = judgeQueue({ workload: "rabbitmq: consume", measurements });
  expect(rate).toMatchObject({ measured: 1.2, met: true });
  expect(javascript?.measured).toBeCloseTo(1 / 3);
  expect(reference).toMatchObject({ claim: "JS thread of amqplib", met: true });
  expect(cpu).toMatchObject({ measured: 1, met: true });
});

test("compares publishes with amqplib at equal properties, within each round", () => {
  const measurements = new Map([
    ["twinloop", [measured(300, 4, 12), measured(150, 8, 24)]],
    ["amqplib", [measured(400, 10, 7), measured(200, 20, 14)]],
    ["amqplib-equal", [measured(250, 12, 10), measured(125, 24, 20)]],
  ]);
  expect(judgeQueue({ workload: "rabbitmq: publish", measurements })).toMatchObject([
    { claim: "messages/s of amqplib, equal properties", measured: 1.2, met: true },
    { claim: "CPU of amqplib, equal properties", measured: 1.2, met: true },
    { claim: "JS thread of amqplib, equal properties", met: true },
    { claim: "JS thread of amqplib", measured: 0.4, met: false },
  ]);
});

test("wants three times the throughput of pg-boss", () => {
  const measurements = new Map([
    ["twinloop", [measured(290, 1, 1)]],
    ["pg-boss", [measured(100, 1, 1)]],
  ]);
  expect(judgeQueue({ workload: "postgres: consume", measurements })).toMatchObject([
    { measured: 2.9, target: 3, met: false },
  ]);
});

test("wants ten thousand confirmed publishes a second of the embedded file", () => {
  const measurements = new Map([["twinloop", [measured(9_000, 1, 1), measured(12_000, 1, 1)]]]);
  expect(judgeQueue({ workload: "embedded: publish", measurements })).toMatchObject([
    { measured: 10_500, met: true },
  ]);
  expect(judgeQueue({ workload: "embedded: consume", measurements })).toEqual([]);
});

test("judges nothing that was not measured", () => {
  for (const workload of ["rabbitmq: publish", "postgres: publish", "embedded: publish"]) {
    expect(judgeQueue({ workload, measurements: new Map() }).every(({ met }) => met === null)).toBe(true);
  }
});
