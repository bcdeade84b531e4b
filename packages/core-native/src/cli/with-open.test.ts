import { expect, test } from "vitest";
import { withOpen } from "./with-open.ts";

test.each([
  ["succeeds", () => Promise.resolve(7)],
  ["fails", () => Promise.reject(new Error("no such job"))],
])("closes what was opened when the work %s, while all else is provided", async (_how, work) => {
  const steps: string[] = [];
  const providing = async <T>(within: () => Promise<T>): Promise<T> => {
    steps.push("provided");
    return within().finally(() => steps.push("withdrawn"));
  };
  const open = async () => {
    steps.push("opened");
    return { close: async () => void steps.push("closed") };
  };
  await withOpen({ providing }, open, work).catch(() => undefined);
  expect(steps).toEqual(["provided", "opened", "closed", "withdrawn"]);
});
