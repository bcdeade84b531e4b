import { expect, test } from "vitest";
import { z } from "zod";
import { Subscription, Topic, type MessageContext } from "../../dist/index.js";
import { overProviders, ownName, until } from "./providers.ts";

const Step = z.object({ account: z.string().nullable(), n: z.number(), failures: z.number() });
type Step = z.infer<typeof Step>;

function declare() {
  const topic = new Topic<Step>(ownName("steps"), { schema: Step, orderingAttribute: "account" });
  const done: Step[] = [];
  const running = new Map<string, number>();
  const overlaps: string[] = [];
  const handler = async (step: Step, context: MessageContext): Promise<void> => {
    const account = step.account ?? "none";
    running.set(account, (running.get(account) ?? 0) + 1);
    if (running.get(account)! > 1 && step.account !== null) overlaps.push(account);
    await new Promise((resolve) => setTimeout(resolve, 5));
    running.set(account, running.get(account)! - 1);
    if (context.attempt <= step.failures) throw new Error("not yet");
    done.push(step);
  };
  const subscription = new Subscription(topic, "apply", {
    handler,
    retryPolicy: { minBackoff: 20, maxBackoff: 50, maxRetries: 5 },
  });
  return { topic, subscription, done, overlaps };
}

const step = (account: string | null, n: number, failures = 0): Step => ({ account, n, failures });

overProviders(declare, ({ topic, done, overlaps }) => {
  const numbers = (account: string) => done.filter((each) => each.account === account).map(({ n }) => n);

  test("messages of one key are handled one after another, in the order of their publishing", async () => {
    for (let n = 0; n < 10; n++) {
      await topic.publishBatch([step("a", n), step("b", n), step("c", n)]);
    }
    await until(() => done.length === 30);
    for (const account of ["a", "b", "c"]) expect(numbers(account)).toEqual([...Array(10).keys()]);
    expect(overlaps).toEqual([]);
  });

  test("one that fails holds back its key and no other", async () => {
    await topic.publishBatch([step("slow", 1, 3), step("slow", 2), step("quick", 1), step("quick", 2)]);
    await until(() => numbers("slow").length === 2);
    expect(numbers("slow")).toEqual([1, 2]);
    const order = done.filter(({ account }) => account === "slow" || account === "quick");
    expect(order.slice(0, 2).map(({ account }) => account)).toEqual(["quick", "quick"]);
    expect(overlaps).toEqual([]);
  });

  test("messages whose key is null are free", async () => {
    const before = done.length;
    await topic.publishBatch([step(null, 1, 2), step(null, 2)]);
    await until(() => done.length === before + 2);
    expect(done.slice(before).map(({ n }) => n)).toEqual([2, 1]);
  });
});
