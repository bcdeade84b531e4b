import { execFile } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { addon } from "@twinloop/core-native/internal";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildFaultAddon } from "../../../packages/core-native/test/fault-addon.ts";

const FIXTURE = fileURLToPath(new URL("fixtures/panics.mjs", import.meta.url));
const SERVER = process.env["DATABASE_URL"] ?? "postgres://postgres@127.0.0.1:5432/test";
const BUILD_LIMIT_MS = 600_000;

const COMPONENTS = addon.components.map(({ name }) => name);

/** Operations that a start makes: `<component> <operation>`. */
const AT_START = ["api 1", "api 4", "sqldb 1", "sqldb 20", "pubsub 1", "pubsub 4"];

/** Operations that a running app makes. */
const IN_USE = ["sqldb 2", "sqldb 4", "sqldb 7", "sqldb 18", "pubsub 2", "diagnosis 1"];

interface Reported {
  readonly failure?: unknown;
  readonly isolates?: number;
  readonly works: boolean;
}

let folder = "";
let output = "";
let report: Readonly<Record<string, Reported>> = {};

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "twinloop-panics-"));
  const faulty = join(folder, "twinloop.node");
  copyFileSync(await buildFaultAddon(), faulty);
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [FIXTURE], {
    env: {
      ...process.env,
      PORT: "0",
      LOG_FORMAT: "json",
      DATABASE_URL_PANICS: SERVER,
      PUBSUB_URL: "memory:",
      Key: "value",
      TWINLOOP_ADDON: faulty,
      AT_START: AT_START.join(),
      ENDED: COMPONENTS.join(),
    },
    timeout: 120_000,
  });
  // A process that does not end with 0 has failed here.
  output = stdout + stderr;
  report = JSON.parse(/reported (.*)/.exec(output)![1]!) as typeof report;
}, BUILD_LIMIT_MS);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Lines of the log that say so of the component. */
const logged = (message: string, component: string): boolean =>
  output
    .split("\n")
    .some((line) => line.includes(`"msg":"${message}"`) && line.includes(`"component":"${component}"`));

test.each(AT_START)(
  "S6: a panic in %s fails the start with its reason, and the next one succeeds",
  (point) => {
    const [component] = point.split(" ") as [string];
    expect(report[point]).toEqual({
      failure: {
        name: expect.stringMatching(/^(Start|Pubsub|SQL|Twinloop)Error$/),
        code: expect.stringMatching(/^(start_failed|internal)$/),
        message: expect.stringContaining(`a native operation of ${component} failed`),
      },
      works: true,
    });
    expect(logged("failed to run a native operation: it panicked", component), output).toBe(true);
  },
);

test("S6: a panic while the runtime is built fails the start with its reason, and the next one succeeds", () => {
  const message = expect.stringContaining("injected at components");
  expect(report["components"]).toEqual({ failure: { name: "TwinloopError", code: "internal", message } });
  expect(report[AT_START[0]!]?.works).toBe(true);
});

test.each(IN_USE)("S6: a panic in %s is a typed error to its caller alone", (point) => {
  const [component] = point.split(" ") as [string];
  const message = `a native operation of ${component} failed`;
  expect(report[point]).toMatchObject({ failure: { code: "internal", message }, works: true });
});

test("S8: a panic while a pool or a mailbox is locked costs its caller an error and nobody else anything", () => {
  expect(report["a pool is locked"]).toMatchObject({ failure: { code: "internal" }, works: true });
  expect(output).toContain("injected while a pool was locked");
  const message = "injected while the mailbox was locked";
  expect(report["the mailbox is locked"]).toMatchObject({ failure: { message }, works: true });
});

test.each(COMPONENTS)(
  "S7: a panic in %s at the end of an isolate is logged, and all else is released",
  (name) => {
    expect(report[`${name} ended`]).toEqual({ isolates: 1, works: true });
    expect(logged("failed to release what an isolate held: the component panicked", name), output).toBe(true);
  },
);

test("S7: the process that has met all of these ends by itself with 0", () => {
  expect(Object.keys(report)).toHaveLength(AT_START.length + IN_USE.length + COMPONENTS.length + 3);
});
