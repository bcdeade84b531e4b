import { expect, test } from "vitest";
import { z } from "zod";
import { Subscription, Topic, Unrecoverable, type MessageContext } from "../../dist/index.js";
import { overProviders, ownName, until } from "./providers.ts";

const Step = z.object({ what: z.enum(["go on", "fail", "give up"]) });
type Step = z.infer<typeof Step>;

interface Seen {
  readonly what: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parent: string | undefined;
  readonly attempt: number;
}

function declare() {
  const first = new Topic<Step>(ownName("first"), { schema: Step });
  const second = new Topic<Step>(ownName("second"), { schema: Step });
  const seen: (Seen & { topic: string })[] = [];
  const note = ({ what }: Step, { topic, attempt, trace }: MessageContext): void => {
    seen.push({
      topic,
      what,
      attempt,
      traceId: trace.traceId,
      spanId: trace.spanId,
      parent: trace.parentSpanId,
    });
  };
  const carrying = new Subscription(first, "carry on", {
    handler: async (step, context) => {
      note(step, context);
      if (step.what === "go on") await second.publish({ what: "fail" });
      if (step.what === "give up") await second.publishBatch([{ what: "give up" }], { delay: 1 });
    },
  });
  const last = new Subscription(second, "end", {
    retryPolicy: { minBackoff: 10, maxBackoff: 20, maxRetries: 2 },
    handler: (step, context) => {
      note(step, context);
      if (step.what === "give up") throw new Unrecoverable("no");
      throw new Error("not yet");
    },
  });
  return { first, second, last, carrying, seen };
}

overProviders(declare, ({ first, second, last, seen }) => {
  const of = (topic: { name: string }, what: string) =>
    seen.filter((each) => each.topic === topic.name && each.what === what);

  test("what a handler publishes belongs to the trace of its message, at every attempt", async () => {
    await first.publish({ what: "go on" });
    const attempts = await until(() => of(second, "fail").length === 3 && of(second, "fail"));
    const [cause] = of(first, "go on");
    expect(cause!.traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(cause!.parent).toBeUndefined();
    for (const attempt of attempts) {
      expect(attempt).toMatchObject({ traceId: cause!.traceId, parent: cause!.spanId });
    }
    expect(attempts.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
    expect(new Set(attempts.map(({ spanId }) => spanId)).size).toBe(3);
  });

  test("a dead letter that is delivered again keeps its trace, and so does a delayed message", async () => {
    await first.publish({ what: "give up" });
    const letter = await until(async () =>
      (await last.deadLetters()).find(({ reason }) => reason === "unrecoverable"),
    );
    await last.redrive([letter!.id]);
    const deliveries = await until(() => of(second, "give up").length === 2 && of(second, "give up"));
    const [cause] = of(first, "give up");
    for (const delivery of deliveries) {
      expect(delivery).toMatchObject({ traceId: cause!.traceId, parent: cause!.spanId, attempt: 1 });
    }
  });

  test("a message that nobody's work has caused has a trace of its own, the same at every attempt", async () => {
    const before = of(second, "fail").length;
    const id = await second.publish({ what: "fail" });
    const attempts = await until(
      () => of(second, "fail").length === before + 3 && of(second, "fail").slice(before),
    );
    for (const { traceId, parent } of attempts) {
      expect({ traceId, parent }).toEqual({ traceId: id.replaceAll("-", ""), parent: undefined });
    }
  });
});
