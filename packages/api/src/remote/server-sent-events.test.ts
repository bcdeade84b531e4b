import { expect, test } from "vitest";
import { readEvents } from "./server-sent-events.ts";

async function read(...lines: string[]): Promise<unknown[]> {
  const given = async function* (): AsyncGenerator<string> {
    yield* lines;
  };
  const events: unknown[] = [];
  for await (const text of readEvents(given())) events.push(JSON.parse(text));
  return events;
}

test("an event is read with all of its fields", async () => {
  expect(await read("event: tick", "id: 7", "retry: 5", 'data: {"a":1}', "")).toEqual([
    { data: { a: 1 }, event: "tick", id: "7", retry: 5 },
  ]);
});

test("comments, blocks without data and an event that did not end are passed over", async () => {
  expect(await read(": beat", "", "id: 1", "", "data:1", "", "data: 2")).toEqual([{ data: 1 }]);
});

test("data of several lines is one text", async () => {
  expect(await read("\ufeffdata: [1,", "data: 2]", "")).toEqual([{ data: [1, 2] }]);
});
