import { expect, onTestFinished, test, vi } from "vitest";
import type { Component, Role } from "./component.ts";
import { log } from "../log/log.ts";
import { stopParts } from "./stopping.ts";

function component(name: string, role: Role, said: string[]): Component {
  return {
    name,
    role,
    check: () => [],
    start: async () => [],
    stop: async () => void said.push(name),
  };
}

test("what takes work stops first, then hooks run, and what work needs stops last", async () => {
  const said: string[] = [];
  const parts = [
    ["secrets", "configures"],
    ["database", "provides"],
    ["subscriptions", "works"],
    ["cron", "schedules"],
    ["http", "listens"],
  ] as const;
  await stopParts(
    {
      components: parts.map(([name, role]) => component(name, role, said)),
      hooks: [() => said.push("hook")],
      stopWorkers: async () => void said.push("workers"),
    },
    1_000,
  );
  expect(said).toEqual(["http", "workers", "cron", "subscriptions", "hook", "database", "secrets"]);
});

test("a part that fails keeps no other from stopping", async () => {
  const error = vi.spyOn(log, "error").mockImplementation(() => undefined);
  onTestFinished(() => error.mockRestore());
  const said: string[] = [];
  const failing = {
    ...component("http", "listens", said),
    stop: () => Promise.reject(new Error("on purpose")),
  };
  const components = [component("database", "provides", said), failing];
  const fail = (): never => {
    throw new Error("on purpose");
  };
  await stopParts({ components, hooks: [fail], stopWorkers: async () => fail() }, 1_000);
  expect(said).toEqual(["database"]);
  expect(error.mock.calls.map((given: unknown[]) => given[2])).toEqual([
    { part: "http" },
    { part: "workers" },
    { part: "onShutdown" },
  ]);
});
