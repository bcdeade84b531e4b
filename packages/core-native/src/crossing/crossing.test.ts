import { afterEach, expect, test, vi } from "vitest";
import { Caller, callers } from "./caller.ts";
import { Flag, INBOX_HEAD, InboxBit, ITEM_INTS, Kind, NO_JOB, Outgoing, OUTBOX_INTS } from "./frame.ts";
import { Inbox } from "./inbox.ts";
import { log } from "../log/log.ts";
import type { Native } from "./native.ts";
import { Outbox } from "./outbox.ts";

interface Item {
  readonly kind: number;
  readonly id: number;
  readonly text: string;
  readonly target?: number;
  readonly aux?: number;
  readonly tagged?: boolean;
}

/** Plays the Rust side of one batch, from the frame's description alone. */
function batchOf(items: readonly Item[], more = false): Pick<Native, "drain" | "drainWide"> {
  const narrow: string[] = [];
  const wide: string[] = [];
  const ints = items.flatMap(({ kind, id, text, target = 0, aux = 0, tagged = false }) => {
    const isWide = /[^\x00-\x7f]/.test(text);
    const texts = isWide ? wide : narrow;
    texts.push(text);
    const flags = (isWide ? Flag.Wide : 0) | (tagged ? Flag.Tagged : 0);
    return [kind | (flags << 8) | (target << 16), id, aux, texts.join("").length];
  });
  return {
    drain(_isolate, inbox) {
      inbox.set([
        items.length,
        (more ? InboxBit.More : 0) | (wide.length > 0 ? InboxBit.HasWide : 0),
        ...ints,
      ]);
      return narrow.join("");
    },
    drainWide: () => wide.join(""),
  };
}

function received(items: readonly Item[]): { seen: unknown[][]; more: boolean } {
  const inbox = new Inbox(batchOf(items) as Native, 1);
  const seen: unknown[][] = [];
  inbox.onJob(0, (...args) => void seen.push([Kind.Job, ...args]));
  inbox.on(Kind.Abort, (...args) => void seen.push([Kind.Abort, ...args]));
  return { more: inbox.drain(), seen };
}

test("each item gets its own text, ASCII or not, in order", () => {
  const { seen } = received([
    { kind: Kind.Job, id: 7, text: '{"a":1}', target: 3 },
    { kind: Kind.Job, id: 8, text: '{"é":"😀"}', target: 65_535, tagged: true },
    { kind: Kind.Abort, id: -1, text: "", aux: 2 },
    { kind: Kind.Job, id: 9, text: '"ü"' },
    { kind: Kind.Job, id: 10, text: "{}" },
  ]);
  expect(seen).toEqual([
    [Kind.Job, 7, 3, 0, '{"a":1}', false],
    [Kind.Job, 8, 65_535, 0, '{"é":"😀"}', true],
    [Kind.Abort, -1, 0, 2, "", false],
    [Kind.Job, 9, 0, 0, '"ü"', false],
    [Kind.Job, 10, 0, 0, "{}", false],
  ]);
});

test("an item of a kind that nobody handles is passed over", () => {
  const { seen } = received([
    { kind: Kind.Credit, id: 1, text: "skipped" },
    { kind: Kind.Job, id: 2, text: "seen" },
  ]);
  expect(seen).toEqual([[Kind.Job, 2, 0, 0, "seen", false]]);
});

test("a slow batch makes the next one small, a quick one large again", () => {
  const asked: number[] = [];
  const native = {
    drain(_isolate: number, inbox: Int32Array, maxItems: number) {
      asked.push(maxItems);
      inbox.set([1, 0, Kind.Job, 1, 0, 0]);
      return "";
    },
  };
  const inbox = new Inbox(native as unknown as Native, 1);
  let busyMs = 1;
  inbox.onJob(0, () => {
    for (const until = performance.now() + busyMs; performance.now() < until;);
  });
  inbox.drain();
  busyMs = 0;
  inbox.drain();
  inbox.drain();
  expect(asked).toEqual([256, 16, 256]);
});

test("the inbox has room for a whole batch", () => {
  const items = Array.from({ length: 256 }, (_, id) => ({ kind: Kind.Job, id, text: "x" }));
  expect(INBOX_HEAD + items.length * ITEM_INTS).toBe(1026);
  expect(received(items).seen).toHaveLength(256);
});

interface Settled {
  readonly entries: number[][];
  readonly text: string;
}

function recorder(): { native: Native; settled: Settled[]; blobs: Uint8Array[] } {
  const settled: Settled[] = [];
  const blobs: Uint8Array[] = [];
  const native = {
    settle(_isolate: number, outbox: Int32Array, count: number, text: string) {
      const entries = Array.from({ length: count }, (_, i) => [
        ...outbox.slice(i * OUTBOX_INTS, (i + 1) * OUTBOX_INTS),
      ]);
      settled.push({ entries, text });
    },
    putBlob: (_isolate: number, bytes: Uint8Array) => blobs.push(bytes),
  };
  return { native: native as unknown as Native, settled, blobs };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("what settles in one turn, also after awaits, is handed over in one call", async () => {
  const { native, settled } = recorder();
  const outbox = new Outbox(native, 1);
  outbox.reply(1, 200, "{}");
  await null;
  await null;
  outbox.fail(2, 404, '{"code":"not_found"}');
  outbox.call(3, 2, 9, "[]");
  await turn();
  expect(settled).toEqual([
    {
      entries: [
        [Outgoing.Reply, 1, 200],
        [Outgoing.Fail, 2, 404],
        [Outgoing.Call, 3, 2 | (9 << 16)],
      ],
      text: '{}\n{"code":"not_found"}\n[]\n',
    },
  ]);
});

test("headers and bytes have two segments", async () => {
  const { native, settled, blobs } = recorder();
  const outbox = new Outbox(native, 1);
  outbox.replyWithHeaders(1, 302, '[["location","/"]]', "");
  outbox.replyWithBytes(2, 200, "", Buffer.from([10, 13]));
  await turn();
  expect(settled[0]!.text).toBe('[["location","/"]]\n\n\n1\n');
  expect(settled[0]!.entries.map(([head]) => head)).toEqual([0x202, 0x203]);
  expect(blobs).toHaveLength(1);
});

test("more answers than the array has room for are all handed over", async () => {
  const { native, settled } = recorder();
  const outbox = new Outbox(native, 1);
  for (let id = 0; id < 1000; id++) outbox.reply(id, 200, String(id));
  await turn();
  expect(settled[0]!.entries.map(([, id]) => id)).toEqual(Array.from({ length: 1000 }, (_, id) => id));
});

test("large answers do not pile up until the end of the turn", () => {
  const { native, settled } = recorder();
  const outbox = new Outbox(native, 1);
  const body = "x".repeat(100_000);
  for (let id = 0; id < 6; id++) outbox.reply(id, 200, body);
  expect(settled.length).toBeGreaterThan(0);
});

const logged = vi.spyOn(log, "error").mockImplementation(() => undefined);

afterEach(() => logged.mockClear());

test("an item whose handler throws does not take the rest of its batch with it", () => {
  const inbox = new Inbox(
    batchOf(
      [1, 2, 3].map((id) => ({ kind: Kind.Job, id, text: "" })),
      true,
    ) as Native,
    1,
  );
  const seen: number[] = [];
  inbox.onJob(0, (id) => {
    if (id === 2) throw new Error("thrown on purpose");
    seen.push(id);
  });
  expect(inbox.drain()).toBe(true);
  expect(seen).toEqual([1, 3]);
  expect(logged).toHaveBeenCalledOnce();
});

/** Refuses the first batches and takes the rest. */
function refusing(
  times: number,
): ReturnType<typeof recorder> & { readonly lost: number[]; readonly outbox: Outbox } {
  const recorded = recorder();
  const { settle } = recorded.native;
  recorded.native.settle = (...given) => {
    if (times-- > 0) throw new Error("refused on purpose");
    settle(...given);
  };
  const lost: number[] = [];
  return { ...recorded, lost, outbox: new Outbox(recorded.native, 1, (id) => lost.push(id)) };
}

test("what the runtime does not take is answered with an error, and callers hear of it", async () => {
  const { settled, lost, outbox } = refusing(1);
  outbox.reply(1, 200, "{}");
  outbox.call(2, 0, 1, "null");
  await turn();
  expect(lost).toEqual([2]);
  expect(settled.map(({ entries }) => entries)).toEqual([[[Outgoing.Fail, 1, 500]]]);
  expect(JSON.parse(settled[0]!.text)).toMatchObject({ code: "internal" });
});

test("what it does not take twice in a row is given up, and later answers arrive", async () => {
  const { settled, outbox } = refusing(2);
  outbox.reply(1, 200, "{}");
  await turn();
  expect(settled).toEqual([]);
  expect(logged).toHaveBeenCalledTimes(2);
  outbox.reply(2, 200, "{}");
  await turn();
  expect(settled[0]!.entries).toEqual([[Outgoing.Reply, 2, 200]]);
});

/** A caller with this id, and a span of its own where one is given. */
function callerOf(job: number, span?: string): Caller {
  return new (class extends Caller {
    protected override readonly callingOperation = undefined;
    protected override readonly callingJob = job;
    protected override readonly callingSpan = span;
    protected override readonly callingTrace = undefined;
  })();
}

test("calls are preceded by who makes them, once for each run of calls of one caller", async () => {
  const { native, settled } = recorder();
  const outbox = new Outbox(native, 1);
  const call = (id: number): void => outbox.call(id, 0, 1, "[]");
  const [job, span] = [callerOf(7), callerOf(7, "00-a-b-01")];
  call(1);
  callers.run(job, () => [call(2), call(3)]);
  callers.run(span, call, 4);
  callers.run(job, async () => {
    await null;
    call(5);
  });
  await turn();
  call(6);
  await turn();
  const calls = Outgoing.Call;
  expect(settled.map(({ entries }) => entries)).toEqual([
    [
      [calls, 1, 65_536],
      [Outgoing.Caller, 7, 0],
      [calls, 2, 65_536],
      [calls, 3, 65_536],
      [Outgoing.CallerSpan, 7, 0],
      [calls, 4, 65_536],
      [Outgoing.Caller, 7, 0],
      [calls, 5, 65_536],
    ],
    [[calls, 6, 65_536]],
  ]);
  expect(settled[0]!.text).toBe("[]\n[]\n[]\n00-a-b-01\n[]\n[]\n");
});

test("each batch names its callers anew, and a call after those of an operation names nobody", async () => {
  const { native, settled } = recorder();
  const outbox = new Outbox(native, 1);
  const job = callerOf(9);
  callers.run(job, () => outbox.call(1, 0, 0, "[]"));
  outbox.call(2, 0, 0, "[]");
  outbox.flush();
  callers.run(job, () => outbox.call(3, 0, 0, "[]"));
  await turn();
  expect(settled.map(({ entries }) => entries.filter(([head]) => head === Outgoing.Caller))).toEqual([
    [
      [Outgoing.Caller, 9, 0],
      [Outgoing.Caller, NO_JOB, 0],
    ],
    [[Outgoing.Caller, 9, 0]],
  ]);
});

test("a caller is handed over in the batch of its call, however much was gathered before", () => {
  const { native, settled } = recorder();
  const outbox = new Outbox(native, 1);
  outbox.reply(1, 200, "x".repeat(10));
  outbox.reply(2, 200, "x".repeat((1 << 18) - 20));
  callers.run(callerOf(3, "0".repeat(55)), () => outbox.call(4, 0, 0, "[]"));
  expect(settled).toHaveLength(1);
  const heads = settled[0]!.entries.map(([head]) => head);
  expect(heads.slice(-2)).toEqual([Outgoing.CallerSpan, Outgoing.Call]);
});

test("a caller that was lost with its call is not answered for", async () => {
  const { settled, lost, outbox } = refusing(1);
  callers.run(callerOf(5), () => outbox.call(2, 0, 1, "null"));
  await turn();
  expect(lost).toEqual([2]);
  expect(settled).toEqual([]);
});
