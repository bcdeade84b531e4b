import { expect, test } from "vitest";
import { gatherProblems } from "./gather-problems.ts";

test("what several endpoints have alike is told once", () => {
  const wide = 'cors.allowOriginsWithCredentials has "*": any page of the web could';
  const messages = [
    `a.get: ${wide}`,
    "a.get: path is taken",
    `b.put: ${wide}`,
    `c: ${wide}`,
    `the app: ${wide}`,
  ];
  expect(gatherProblems(messages, ["a.get", "b.put", "c"])).toEqual([
    `${wide} (a.get and 2 more)`,
    "a.get: path is taken",
    `the app: ${wide}`,
  ]);
  expect(gatherProblems([`a.get: ${wide}`, wide], ["a.get", "b.put"])).toEqual([wide]);
});
