import { expect, test } from "vitest";
import { choose, readArguments, USAGE } from "./arguments.mjs";

test("has a default for everything", () => {
  expect(readArguments([])).toEqual({
    suite: "api",
    seconds: 4,
    warmUpSeconds: 1,
    rounds: 3,
    connections: 64,
    messages: 20_000,
    requests: 10_000_000,
    only: [],
    workloads: [],
    unpinned: false,
    chart: "",
    beside: "",
    help: false,
  });
});

test("reads every option, its value as a word of its own or after an equals sign", () => {
  const line =
    "api --seconds 0.5 --warm-up=2 --rounds 5 --connections=1 --only express,hyper --workloads hello --unpinned";
  expect(readArguments(line.split(" "))).toEqual({
    suite: "api",
    seconds: 0.5,
    warmUpSeconds: 2,
    rounds: 5,
    connections: 1,
    messages: 20_000,
    requests: 10_000_000,
    only: ["express", "hyper"],
    workloads: ["hello"],
    unpinned: true,
    chart: "",
    beside: "",
    help: false,
  });
});

test("reads which suite is wanted", () => {
  expect(readArguments(["sqldb", "--rounds", "1"])).toMatchObject({ suite: "sqldb", rounds: 1 });
});

test("tells of every suite how long it takes and what it needs", () => {
  expect(USAGE).toMatch(/^ {2}techempower {3}15 min {2}the six kinds .* \(DATABASE_URL\)$/m);
  expect(USAGE).toMatch(/^ {4}websocket {4}echo-64, echo-1k, json-1k$/m);
});

test("ignores the two dashes that npm needs and pnpm passes on", () => {
  expect(readArguments(["--", "api"])).toEqual(readArguments([]));
});

test.each([
  [["--seconds", "0"], "a number above 0"],
  [["--seconds"], "a number above 0"],
  [["--seconds", "soon"], "a number above 0"],
  [["--rounds", "1.5"], "a whole number"],
  [["--only", ","], "names, separated by commas"],
  [["--fast"], "no option `--fast`"],
  [["db"], "no suite `db`"],
])("refuses %j and says what it wants", (words, message) => {
  expect(() => readArguments(words)).toThrow(message);
});

test("chooses by name and keeps the list's own order", () => {
  const all = [{ name: "a" }, { name: "b" }, { name: "c" }];
  expect(choose(all, ["c", "a"], "server")).toEqual([{ name: "a" }, { name: "c" }]);
  expect(choose(all, [], "server")).toEqual(all);
  expect(() => choose(all, ["d"], "server")).toThrow("There is no server `d`; there is a, b, c.");
});
