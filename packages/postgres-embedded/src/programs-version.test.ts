import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { PROGRAMS_VERSION } from "@twinloop/sqldb/internal";

test("the programs that come along are of the version that the install command names", () => {
  const file = new URL("../package.json", import.meta.url);
  const { optionalDependencies } = JSON.parse(readFileSync(file, "utf8")) as {
    readonly optionalDependencies: Readonly<Record<string, string>>;
  };
  expect(new Set(Object.values(optionalDependencies))).toEqual(new Set([PROGRAMS_VERSION]));
});
