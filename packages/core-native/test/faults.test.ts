import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { post, run, type Child } from "./child.ts";
import { buildFaultAddon } from "./fault-addon.ts";

// Each test starts processes, which take their time on a busy machine.
vi.setConfig({ testTimeout: 30_000 });

const BUILD_LIMIT_MS = 600_000;

/** Every export by where a panic in it goes; the last test holds the list to the addon. */
const THROWS = [
  "attach",
  "contextAll",
  "contextBytes",
  "contextTell",
  "contextValue",
  "progressMarker",
  "putBlob",
  "takeBlob",
  "openResult",
  "writeResult",
  "askNow",
  "dotenvParse",
  "schemaFault",
  "schemaOpen",
  "schemaRequest",
  "schemaValue",
];
const LARGE = { text: "x".repeat(10_000) };
/** Each by a request that meets it. */
const CROSSES = {
  drain: ["/echo", "vielleicht ✗"],
  drainWide: ["/echo", "vielleicht ✗"],
  drainOwn: ["/anything", LARGE],
  drainFrame: ["/framed", LARGE],
  settle: ["/echo", "vielleicht ✗"],
} as const;
const PASSED_DIRECTLY = ["abi", "describe", "detach", "hold"];
const FOR_TESTS = ["armPanic", "attachInFork", "injectPanic"];

let folder = "";
let addon = "";

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "twinloop-faults-"));
  addon = join(folder, "twinloop.node");
  copyFileSync(await buildFaultAddon(), addon);
}, BUILD_LIMIT_MS);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface App {
  readonly child: Child;
  readonly ask: (path: string, input: unknown) => Promise<unknown>;
  /** The app is as it was: it answers, also what is not ASCII, and it stops with 0. */
  readonly servesAndStops: () => Promise<void>;
}

async function startApp(): Promise<App> {
  const child = run("panics.mjs", { env: { TWINLOOP_ADDON: addon, SHUTDOWN_TIMEOUT: "1000" } });
  const [, url] = await child.says(/listening (http:\S+)/);
  const ask = async (path: string, input: unknown): Promise<unknown> =>
    (await post(`${url}${path}`, input)).json();
  const servesAndStops = async (): Promise<void> => {
    for (const text of ["served", "bedient ✓"]) expect(await ask("/echo", text)).toBe(text);
    child.process.kill("SIGTERM");
    expect(await child.ended, child.output()).toEqual({ code: 0, signal: null });
  };
  return { child, ask, servesAndStops };
}

test("S28: a bare fork of the process is refused, and the process serves on", async () => {
  const { ask, servesAndStops } = await startApp();
  expect(await ask("/fork", "")).toBe("refused");
  await servesAndStops();
});

describe("a panic", () => {
  test.each([
    ["export", "injected in an export"],
    ["drop", "injected in a drop"],
    ["locked", "injected while locked"],
    ["mailbox", "injected while the mailbox was locked"],
  ])("S5, S8: in an export (%s) is an exception, and the app serves on", async (kind, message) => {
    const { ask, servesAndStops } = await startApp();
    expect(await ask("/inject", kind)).toMatchObject({ error: { message } });
    await servesAndStops();
  });

  test.each(THROWS)("S5: in %s is a typed error to its caller, and the app serves on", async (point) => {
    const { ask, servesAndStops } = await startApp();
    expect(await ask("/pass", point)).toMatchObject({
      error: { code: "internal", message: expect.stringContaining(`injected at ${point}`) },
    });
    await servesAndStops();
  });

  test.each(PASSED_DIRECTLY)("S5: in %s is an exception, and the app serves on", async (point) => {
    const { ask, servesAndStops } = await startApp();
    expect(await ask("/pass", point)).toMatchObject({ error: { message: `injected at ${point}` } });
    await servesAndStops();
  });

  test("S8: while the mailbox is locked loses no request of others", async () => {
    const { ask, servesAndStops } = await startApp();
    const echoes = Array.from({ length: 100 }, async (_, index) => ask("/echo", `text ${index}`));
    expect(await ask("/inject", "mailbox")).toHaveProperty("error");
    expect(await Promise.all(echoes)).toEqual(Array.from({ length: 100 }, (_, index) => `text ${index}`));
    await servesAndStops();
  });

  test("is printed without the secrets that its text has", async () => {
    const { ask, child, servesAndStops } = await startApp();
    await ask("/pass", "saysSecret");
    await child.says(/panicked at .*\n?.*\[secret Canary\]/);
    await servesAndStops();
    expect(child.output()).not.toContain("canary-of-a-panic");
  });

  test("S6: in a task is a typed error to its caller and a line in the log", async () => {
    const { ask, child, servesAndStops } = await startApp();
    expect(await ask("/pass", "task")).toMatchObject({ error: { name: "TwinloopError", code: "internal" } });
    await child.says(/"msg":"failed to run a native operation: it panicked".*"panic":"injected"/);
    await servesAndStops();
  });

  test.each(Object.entries(CROSSES))(
    "S5: in %s loses at most its batch, with a line in the log",
    async (point, [path, input]) => {
      const { ask, child, servesAndStops } = await startApp();
      void ask("/arm", point).catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, 100));
      // What met the panic may be answered with an error or, at its time limit, by Rust; what follows counts.
      void ask(path, input).catch(() => undefined);
      await child.says(new RegExp(`"level":50.*injected at ${point}`));
      await servesAndStops();
    },
  );

  test("while answers are handed over is answered with 500", async () => {
    const { ask } = await startApp();
    expect(await ask("/arm", "settle")).toMatchObject({ code: "internal" });
  });

  test("S7: in the wake does not leave the isolate asleep", async () => {
    const { ask, child, servesAndStops } = await startApp();
    await ask("/arm", "wake");
    expect(await ask("/echo", "awake")).toBe("awake");
    await child.says(/"msg":"failed to wake an isolate: the wake panicked"/);
    await servesAndStops();
  });

  test("S7: in the cleanup of an isolate ends the process with its own code", async () => {
    const { ask, child } = await startApp();
    await ask("/arm", "cleanup");
    await ask("/end", "");
    expect(await child.ended, child.output()).toEqual({ code: 0, signal: null });
    expect(child.output()).toContain("failed to end an isolate: its cleanup panicked");
  });

  test("S5: is injected at every export there is", async () => {
    const { ask } = await startApp();
    const all = [...THROWS, ...Object.keys(CROSSES), ...PASSED_DIRECTLY, ...FOR_TESTS];
    expect(await ask("/exports", "")).toEqual(all.toSorted());
  });
});
