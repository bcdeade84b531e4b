import { expect, test } from "vitest";
import { appSource, middlePath } from "./app-source.mjs";

const NONE = { name: "none", endpoints: 0, subscriptions: 0, cronJobs: 0, database: false };

/** @param {Map<string, string>} files @param {RegExp} what */
const all = (files, what) => [...files.values()].flatMap((text) => text.match(what) ?? []);

test("has as many endpoints as asked for, half of them reading, in modules of fifty", () => {
  const files = appSource({ ...NONE, endpoints: 3_000 });
  expect(files.size).toBe(61);
  expect(all(files, /export const read/g)).toHaveLength(1_500);
  expect(all(files, /export const write/g)).toHaveLength(1_500);
});

test("imports every module once, and starts last", () => {
  const files = appSource({ ...NONE, endpoints: 51, subscriptions: 2, cronJobs: 3, database: true });
  const app = files.get("app.ts") ?? "";
  expect(app.match(/^import "\.\/.*";$/gm)).toHaveLength(files.size - 1);
  expect(app.trimEnd().endsWith("await start();")).toBe(true);
  expect(all(files, /new Subscription\(/g)).toHaveLength(2);
  expect(all(files, /new CronJob\(/g)).toHaveLength(3);
});

test.each([1, 2, 3, 30, 300, 3_000])(
  "asks of %i endpoints for one in the middle that is there",
  (endpoints) => {
    const path = middlePath(endpoints).replace(/\/42\?.*$/, "/:id");
    expect(all(appSource({ ...NONE, endpoints }), new RegExp(`"${path}"`, "g"))).toEqual([`"${path}"`]);
  },
);
