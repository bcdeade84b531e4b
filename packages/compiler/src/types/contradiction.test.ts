import { describe, expect, test } from "vitest";
import { readApp } from "../../test/read-app.ts";

const told = (type: string, typescript: "6" | "7"): string[] =>
  readApp(
    `import { api, type Int, type Min, type Max, type MinLen, type MaxLen, type MultipleOf, type ExclusiveMin, type ExclusiveMax, type StartsWith, type EndsWith } from "@twinloop/api";
export const a = api({ path: "/a" }, async (r: { v: ${type} }): Promise<{ ok: boolean }> => ({ ok: r.v !== null }));
`,
    { typescript },
  ).problems.map(({ code, message }) => `${code} ${message}`);

describe.each(["6", "7"] as const)("with TypeScript %s", (typescript) => {
  test.each([
    ["number & Min<5> & Max<3>", "no number is at least 5 and at most 3"],
    ["number & ExclusiveMin<3> & Max<3>", "no number is above 3 and at most 3"],
    ["number & Int & ExclusiveMin<3> & ExclusiveMax<4>", "no whole number is above 3 and below 4"],
    ["number & MultipleOf<10> & Min<1> & Max<9>", "no multiple of 10 is at least 1 and at most 9"],
    ["bigint & Min<5n> & Max<3n>", "no integer is at least 5 and at most 3"],
    ["string & MinLen<5> & MaxLen<3>", "no length is at least 5 and at most 3"],
    ["string[] & MinLen<5> & MaxLen<3>", "no length is at least 5 and at most 3"],
    ["Uint8Array & MinLen<5> & MaxLen<3>", "no length is at least 5 and at most 3"],
    ['string & StartsWith<"a"> & StartsWith<"b">', "no text starts with both"],
    ['string & EndsWith<"a"> & EndsWith<"b">', "no text ends with both"],
    ['string & StartsWith<"abc"> & MaxLen<2>', '"abc" alone is longer than 2'],
  ])("%s is refused, for nothing fits it", (type, reason) => {
    expect(told(type, typescript)).toEqual([expect.stringMatching(/^constraint_impossible `request.v`/)]);
    expect(told(type, typescript)[0]).toContain(reason);
  });

  test.each([
    "number & Min<3> & Max<3>",
    "number & Int & Min<1.2> & Max<2>",
    "number & MultipleOf<10> & Min<1> & Max<10>",
    "number & MultipleOf<0.1> & Min<0.3> & Max<0.35>",
    "bigint & ExclusiveMin<2n> & Max<3n>",
    "string & MinLen<3> & MaxLen<3>",
    'string & StartsWith<"a"> & StartsWith<"ab"> & EndsWith<"b"> & MaxLen<2>',
  ])("%s is taken", (type) => {
    expect(told(type, typescript)).toEqual([]);
  });

  test("a bound that no double represents is a problem in plain words", () => {
    const [problem, ...others] = told("number & Max<1e999>", typescript);
    expect(problem).toMatch(/a double cannot represent|`Max<Infinity>` constrains nothing/);
    expect(others).toEqual([]);
  });
});
