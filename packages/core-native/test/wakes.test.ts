import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { diagnosis } from "../dist/internal.js";
import { evaluate } from "./child.ts";

/** `FULL=1` is the long form. */
const CALLS = process.env["FULL"] ? 1_000_000 : 20_000;
const CALLERS = 50;
const MAX_MS = 1_000;

test(
  "S10: of calls between random sleeps none waits for a wake that is lost",
  { timeout: 600_000 },
  async () => {
    let longest = 0;
    let made = 0;
    const caller = async (): Promise<void> => {
      while (made < CALLS) {
        made++;
        const began = performance.now();
        await diagnosis.call("stats");
        longest = Math.max(longest, performance.now() - began);
        if (Math.random() < 0.05) await sleep(Math.random() * 3);
        else if (Math.random() < 0.1) await new Promise((resolve) => setImmediate(resolve));
      }
    };
    await Promise.all(Array.from({ length: CALLERS }, caller));
    console.log(`${made} calls, the longest ${longest.toFixed(0)} ms`);
    expect(longest).toBeLessThan(MAX_MS);
  },
);

const MODULE = (name: string): string => JSON.stringify(new URL(`../dist/${name}`, import.meta.url).href);

test("S21: arrays whose memory is gone or that lie are refused, and others are served", async () => {
  const child = evaluate(`
    const { diagnosis, port } = await import(${MODULE("internal.js")});
    const { native } = await import(${MODULE("crossing/native.js")});
    const { isolate } = port();
    const detached = () => {
      const ints = new Int32Array(1024);
      structuredClone(ints.buffer, { transfer: [ints.buffer] });
      return ints;
    };
    const tell = (name, work) => {
      try { work(); console.log(name + " taken"); }
      catch ({ code, message }) { console.log(name + " refused"); }
    };
    const stats = () => diagnosis.call("stats");
    await stats();
    tell("detached inbox", () => native.drain(isolate, detached(), 16));
    tell("empty inbox", () => native.drain(isolate, new Int32Array(0), 16));
    tell("another array", () => native.drain(isolate, new Float64Array(64), 16));
    tell("no array", () => native.drain(isolate, null, 16));
    const shared = new Int32Array(new SharedArrayBuffer(4096));
    tell("shared inbox", () => native.drain(isolate, shared, 16));
    await stats();
    tell("no text", () => native.settle(isolate, new Int32Array(3), 0, null));
    tell("no blob", () => native.putBlob(isolate, null));
    const blob = new Uint8Array(8);
    structuredClone(blob.buffer, { transfer: [blob.buffer] });
    tell("detached blob", () => native.putBlob(isolate, blob));
    tell("unknown isolate", () => native.drain(4_000_000_000, new Int32Array(1024), 16));
    await stats();
    console.log("serves on");
    tell("detached outbox", () => native.settle(isolate, detached(), 1, "{}\\n"));
    console.log("over");
    process.exit(0);`);
  expect(await child.ended, child.output()).toEqual({ code: 0, signal: null });
  const refused = (name: string): void => expect(child.output()).toContain(`${name} refused`);
  for (const name of ["detached inbox", "empty inbox", "another array", "no array"]) refused(name);
  for (const name of ["no text", "no blob", "unknown isolate", "detached outbox"]) refused(name);
  expect(child.output()).toContain("serves on");
  expect(child.output()).toContain("over");
});
