import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), "utf8");

test("the operations are those of the contract", () => {
  const contract = JSON.parse(read("../../../contract/cases/cron/operations.json")) as Record<string, number>;
  const written = /export const Operation = \{([^}]*)\}/.exec(read("native.ts"))![1]!;
  const here = Object.fromEntries(
    [...written.matchAll(/(\w+): (\d+)/g)].map(([, name, number]) => [name, Number(number)]),
  );
  expect(here).toEqual(contract);
});
