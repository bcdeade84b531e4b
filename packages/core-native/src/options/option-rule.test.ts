import { expect, test } from "vitest";
import { either, oneOf, optionFaults, optionRule, optionsOf, orNull, wholeNumber } from "./option-rule.ts";

const rules = {
  expose: optionRule.boolean,
  timeout: orNull(wholeNumber({ least: 1 })),
  retryPolicy: optionsOf({ minBackoff: optionRule.duration }),
  mode: oneOf("fast", "safe"),
  url: { ...either(optionRule.text, optionRule.function), isConfidential: true as const },
};

test("options as they must be have no fault", () => {
  const options = {
    expose: true,
    timeout: null,
    retryPolicy: { minBackoff: "5s" },
    mode: "fast",
    url: () => "",
  };
  expect(optionFaults(options, rules)).toEqual([]);
  expect(optionFaults({ expose: undefined }, rules)).toEqual([]);
  expect(optionFaults(undefined, rules)).toEqual([]);
});

test.each([
  [{ exposed: true }, "there is no option exposed", "Did you mean expose?"],
  [{ zzz: true }, "there is no option zzz", "Its options are expose, timeout, retryPolicy, mode, url."],
  [{ __proto__: null, constructor: 1 }, "there is no option constructor", "Its options are"],
  [{ expose: "yes" }, 'expose is "yes"', "Write true or false."],
  [{ timeout: 1.5 }, "timeout is 1.5", "Write a whole number from 1, or null."],
  [
    { retryPolicy: { minBackof: 1 } },
    "there is no option retryPolicy.minBackof",
    "Did you mean retryPolicy.minBackoff?",
  ],
  [
    { retryPolicy: { minBackoff: "5 sec" } },
    'retryPolicy.minBackoff is "5 sec"',
    "Write milliseconds as a number",
  ],
  [{ retryPolicy: 5 }, "retryPolicy is 5", "Write an object."],
  [{ mode: "slow" }, 'mode is "slow"', 'Write "fast" or "safe".'],
  [[], "its options are a list", "Write an object."],
  ["x", 'its options are "x"', "Write an object."],
])("%j: %s", (given, what, hint) => {
  const [fault, ...others] = optionFaults(given, rules);
  expect(fault).toEqual({ what, hint: expect.stringContaining(hint) });
  expect(others).toEqual([]);
});

test("a value that may hold a password is not shown", () => {
  const [fault] = optionFaults({ url: ["postgres://me:hunter2@db"] }, rules);
  expect(fault?.what).toBe("url is a list");
});
