import { expect, test } from "vitest";
import { problem, StartError, TwinloopError } from "../errors/error.ts";
import { connectOrExplain } from "./connect-or-explain.ts";

class BrokerError extends TwinloopError {}

const explain = (error: BrokerError) => problem("start_failed", error.message, "Start the broker.");

test("returns what was connected", async () => {
  expect(await connectOrExplain(async () => 7, BrokerError, explain)).toBe(7);
});

test("an error of the primitive is explained, and is the cause", async () => {
  const away = new BrokerError("unavailable", "the broker is away");
  const failed = connectOrExplain(() => Promise.reject(away), BrokerError, explain);
  await expect(failed).rejects.toBeInstanceOf(StartError);
  await expect(failed).rejects.toMatchObject({ cause: away, problems: [{ hint: "Start the broker." }] });
});

test("any other error stays as it is", async () => {
  const other = new TwinloopError("closed", "x");
  await expect(connectOrExplain(() => Promise.reject(other), BrokerError, explain)).rejects.toBe(other);
});
