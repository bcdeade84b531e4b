import { afterEach, expect, test } from "vitest";
import { start, StartError, stop } from "../dist/index.js";

afterEach(() => stop());

const options = { signals: false, banner: false, shutdownTimeout: "5s" } as const;

test("a second start gives the same app, and refuses options that it would have to ignore", async () => {
  const app = await start(options);
  expect(await start()).toBe(app);
  expect(await start({ ...options })).toBe(app);
  const other = start({ ...options, shutdownTimeout: "9s" });
  await expect(other).rejects.toThrow(StartError);
  await expect(other).rejects.toThrow("start() was called before");
  expect(await start(options)).toBe(app);
});

test("after stop() other options are welcome, and a failed start leaves none behind", async () => {
  await expect(start({ ...options, drainDelay: "soon" as never })).rejects.toThrow("drainDelay");
  const app = await start(options);
  await stop();
  expect(await start({ ...options, drainDelay: 1 })).not.toBe(app);
});
