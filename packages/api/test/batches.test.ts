import { expect, test } from "vitest";
import { run } from "./app-process.ts";
import { storm } from "./storm.ts";

const REQUESTS = 10_000;

test("S9: 10,000 requests on 500 connections cross in batches, with the same few calls for each", async () => {
  const { child, url, output } = await run("batches.mjs");
  const { statuses } = await storm({
    url: `${url}/echo`,
    method: "POST",
    body: '{"text":"hello"}',
    connections: 500,
    requests: REQUESTS,
  });
  expect(statuses["200"]!.count).toBe(REQUESTS);
  child.kill("SIGUSR2");
  await expect.poll(output).toContain("counted ");
  const counts = JSON.parse(/counted (.*)/.exec(output())![1]!) as Record<string, number>;
  const { drain = 0, settle = 0, ...others } = counts;
  console.log(`${REQUESTS} requests: ${JSON.stringify(counts)}`);
  expect(drain).toBeLessThanOrEqual(REQUESTS / 4);
  // A batch of answers for each batch of requests; never anything for one request.
  expect(settle).toBeLessThanOrEqual(drain);
  expect(others).toEqual({});
});
