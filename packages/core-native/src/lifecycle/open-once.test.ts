import { expect, test } from "vitest";
import { OpenOnce } from "./open-once.ts";

/** A resource that opens when it is told to, and notes what is closed. */
function resource() {
  const waiting: { open: (value: string) => void; fail: (error: Error) => void }[] = [];
  const closed: string[] = [];
  const once = new OpenOnce<string>(
    () => new Promise((open, fail) => waiting.push({ open, fail })),
    (value) => closed.push(value),
  );
  return { once, waiting, closed };
}

test("all who ask get the same resource", async () => {
  const { once, waiting } = resource();
  const both = Promise.all([once.get(), once.get()]);
  expect(once.opened).toBeUndefined();
  waiting[0]!.open("a");
  expect(await both).toEqual(["a", "a"]);
  expect([once.opened, waiting.length]).toEqual(["a", 1]);
});

test("an opening that fails is tried again at the next use", async () => {
  const { once, waiting } = resource();
  const first = once.get();
  waiting[0]!.fail(new Error("away"));
  await expect(first).rejects.toThrow("away");
  const second = once.get();
  waiting[1]!.open("b");
  expect(await second).toBe("b");
});

test("an opening that throws at once leaves it closed", async () => {
  let tries = 0;
  const once = new OpenOnce(
    async () => {
      tries += 1;
      throw new Error("no");
    },
    () => undefined,
  );
  await expect(once.get()).rejects.toThrow("no");
  await expect(once.get()).rejects.toThrow("no");
  expect(tries).toBe(2);
});

test("a close while it opens closes what came of it, and it is not open after", async () => {
  const { once, waiting, closed } = resource();
  const asked = once.get();
  const closing = once.close();
  waiting[0]!.open("a");
  await Promise.all([asked, closing]);
  expect([once.opened, closed]).toEqual([undefined, ["a"]]);
});

test("a use after a close opens anew, whatever becomes of the former opening", async () => {
  const { once, waiting, closed } = resource();
  const first = once.get();
  const closing = once.close();
  const second = once.get();
  waiting[1]!.open("b");
  expect(await second).toBe("b");
  waiting[0]!.open("a");
  await Promise.all([first, closing]);
  expect([once.opened, closed]).toEqual(["b", ["a"]]);
});

test("closing what is closed, or what never opened, does nothing", async () => {
  const { once, waiting, closed } = resource();
  await once.close();
  const asked = once.get();
  const closing = once.close();
  waiting[0]!.fail(new Error("away"));
  await expect(asked).rejects.toThrow("away");
  await closing;
  await once.close();
  expect(closed).toEqual([]);
});
