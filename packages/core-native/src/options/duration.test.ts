import { describe, expect, it } from "vitest";
import { formatDuration, parseDuration } from "./duration.ts";

describe("parseDuration", () => {
  it.each([
    [0, 0],
    [1500, 1500],
    [0.4, 0],
    ["0s", 0],
    ["500ms", 500],
    ["30s", 30_000],
    ["10m", 600_000],
    ["7h", 25_200_000],
    ["1.5h", 5_400_000],
    ["1h30m", 5_400_000],
    ["1d", 86_400_000],
    ["1d2h3m4s5ms", 93_784_005],
  ])("reads %j as %d ms", (given, ms) => {
    expect(parseDuration(given)).toBe(ms);
  });

  it.each(["", "10", "m", "10 m", "-1s", "1h1h", "30m1h", "1w", "1e3s", ".5s", "5.s", "10M", "\n1s", "1s\n"])(
    "refuses the text %j",
    (given) => {
      expect(parseDuration(given)).toBeUndefined();
    },
  );

  it.each([
    -1,
    Number.NaN,
    Infinity,
    2 ** 53,
    "9007199254740992ms",
    "999999999999999d",
    null,
    undefined,
    {},
    1n,
  ])("refuses %s", (given) => {
    expect(parseDuration(given)).toBeUndefined();
  });
});

describe("formatDuration", () => {
  it.each([0, 1, 999, 1000, 60_000, 5_400_000, 86_400_000, 93_784_005])(
    "writes %d ms so that it reads back",
    (ms) => {
      expect(parseDuration(formatDuration(ms))).toBe(ms);
    },
  );

  it("writes the largest units first", () => {
    expect(formatDuration(5_400_000)).toBe("1h30m");
  });
});
