import { afterEach, expect, test } from "vitest";
import { Caller, callers } from "../crossing/caller.ts";
import { NO_JOB } from "../crossing/frame.ts";
import { collected } from "../telemetry/collected.ts";
import { currentRequest, Work } from "./work.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";

/** Work whose trace is known without Rust. */
class Traced extends Work {
  protected override lookUp(name: string): string | undefined {
    return name === "request-id" ? TRACE : undefined;
  }
}

/** Who the runtime is told makes a call at this point. */
function named(): [job: number, span: string | undefined] {
  const caller = callers.getStore()!;
  return [Caller.job(caller), Caller.span(caller)];
}

afterEach(() => {
  collected.spans = false;
});

test("a job calls by its id, across await, until it is answered", async () => {
  const work = new Traced(12);
  await Work.run(
    work,
    async () => {
      await null;
      expect(named()).toEqual([12, undefined]);
      expect(currentRequest()).toBe(work);
      Work.end(work);
      expect(named()).toEqual([NO_JOB, undefined]);
    },
    undefined,
  );
});

test("a job that has ended names its span, where anybody has read it", () => {
  const work = new Traced(13);
  const { spanId } = work.trace;
  Work.run(work, () => Work.end(work), undefined);
  const after = Work.inside(work, named);
  expect(after).toEqual([NO_JOB, `00-${TRACE}-${spanId}-01`]);
});

test("a job that was aborted is no job any more", () => {
  const work = new Traced(14);
  Work.run(
    work,
    () => {
      Work.abortWith(work, new Error("left") as never);
      expect(named()).toEqual([NO_JOB, undefined]);
    },
    undefined,
  );
});

test("a call within the app calls for the job that has made it, and is a span of its own where there are spans", () => {
  const [work, call] = [new Traced(15), new Traced(NO_JOB)];
  const within = (): [number, string | undefined] => Work.runCall(call, named, undefined);
  const run = (): [number, string | undefined] => Work.run(work, within, undefined);
  expect(run()).toEqual([15, undefined]);
  collected.spans = true;
  expect(run()).toEqual([15, call.trace.traceparent]);
});

test("a call whose events are taken elsewhere still calls for who has made it", () => {
  const [work, call, other] = [new Traced(16), new Traced(NO_JOB), new Traced(17)];
  Work.run(work, () => Work.adopt(work, call), undefined);
  const named16 = Work.run(other, () => Work.runCall(call, named, undefined), undefined);
  expect(named16).toEqual([16, undefined]);
});
