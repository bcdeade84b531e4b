/**
 * Publishes and consumes without end, and notes outside of the broker what was confirmed, begun and ended, so that the
 * losses of a kill can be counted. With `LEDGER_DRAIN`, publishes nothing and ends when no message waits.
 */
import { openSync, writeSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { start, stop, Subscription, Topic } from "@twinloop/pubsub";

interface Entry {
  readonly key: string;
}

const PUBLISHERS = 16;
const MAX_PAUSE_MS = 8;
const MAX_WORK_MS = 5;

const file = openSync(process.env["LEDGER_FILE"] ?? "/dev/null", "a");

/** Writes one line with one system call, so that the line outlives the process, however it ends. */
function note(what: "published" | "began" | "ended", key: string, attempt = 0): void {
  writeSync(file, `${what} ${key} ${attempt} ${Date.now()}\n`);
}

export const entries = new Topic<Entry>("ledger-entries", { deliveryGuarantee: "at-least-once" });

export const book = new Subscription(entries, "book", {
  maxConcurrency: 32,
  ackDeadline: "2s",
  handler: async ({ key }, ctx) => {
    note("began", key, ctx.attempt);
    await sleep(Math.random() * MAX_WORK_MS);
    note("ended", key, ctx.attempt);
  },
});

async function publishForever(publisher: number): Promise<never> {
  for (let number = 0; ; number++) {
    const key = `${process.pid}-${publisher}-${number}`;
    await entries.publish({ key });
    note("published", key);
    if (publisher === 0 && number === 0) process.stdout.write("ledger: open\n");
    await sleep(Math.random() * MAX_PAUSE_MS);
  }
}

async function drain(): Promise<void> {
  for (;;) {
    const { ready, delayed, inFlight } = await book.depth();
    if (ready + delayed + inFlight === 0) return;
    await sleep(100);
  }
}

if (process.argv[1] === import.meta.filename) {
  await start();
  if (process.env["LEDGER_DRAIN"]) {
    await drain();
    await stop();
  } else {
    await Promise.all(Array.from({ length: PUBLISHERS }, (_, publisher) => publishForever(publisher)));
  }
}
