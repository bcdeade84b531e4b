import { expect, test } from "vitest";
import { clock, day, fromNow, toMs } from "./instant.ts";
import { cellText, plainText, prettyJson } from "./plain-text.ts";
import { bytes, counted, duration, inUnit, short, whole } from "./quantity.ts";

const spaced = (text: string): string => text.replaceAll("\u00a0", " ");

test("durations are told in the unit in which they read best", () => {
  const told = [
    0, 0.042, 0.9996, 1, 12.34, 999.4, 999.6, 1500, 59_949, 60_000, 200_000, 7_260_000, 90_000_000,
  ];
  expect(told.map((ms) => spaced(duration(ms)))).toEqual([
    "0 ms",
    "42 µs",
    "1 ms",
    "1 ms",
    "12.3 ms",
    "999 ms",
    "1 s",
    "1.5 s",
    "59.9 s",
    "1 min",
    "3 min 20 s",
    "2 h 1 min",
    "1 d 1 h",
  ]);
  expect(spaced(duration(-5))).toBe("−5 ms");
  expect(duration(Number.NaN)).toBe("–");
});

test("bytes are told in powers of 1,024", () => {
  expect([0, 512, 1023.6, 1536, 20 * 1024 * 1024].map((count) => spaced(bytes(count)))).toEqual([
    "0 B",
    "512 B",
    "1 KiB",
    "1.5 KiB",
    "20 MiB",
  ]);
});

test("numbers are short, whole or counted", () => {
  expect([1240.4, 12.34, 0.4249, 3].map(short)).toEqual(["1240", "12.3", "0.42", "3"]);
  expect(whole(9408)).toBe("9,408");
  expect([1, 2, 0].map((count) => spaced(counted(count, "span")))).toEqual(["1 span", "2 spans", "0 spans"]);
});

test("a metric's value is told in its unit", () => {
  const told = [
    inUnit(0.012, "s"),
    inUnit(2048, "By"),
    inUnit(3, "{request}"),
    inUnit(1, "{query}"),
    inUnit(2, "{file_descriptor}"),
    inUnit(0.5, "1"),
  ];
  expect(told.map(spaced)).toEqual(["12 ms", "2 KiB", "3 requests", "1 query", "2 file descriptors", "0.5"]);
});

test("instants are read from numbers and texts, and told against now", () => {
  expect([toMs(5), toMs("1970-01-01T00:00:01.000Z"), toMs("soon"), toMs(null)]).toEqual([
    5,
    1000,
    null,
    null,
  ]);
  const at = new Date(2026, 2, 9, 9, 5, 3, 120).getTime();
  expect([clock(at), day(at)]).toEqual(["09:05:03.120", "2026-03-09"]);
  expect([fromNow(at + 180_000, at), fromNow(at - 12_300, at), fromNow(at, at)].map(spaced)).toEqual([
    "in 3 min",
    "12 s ago",
    "now",
  ]);
});

test("characters that hide or reorder text are shown", () => {
  expect(plainText("a\u001b[31mb\u202Ec\u007f\n\t<b>")).toBe("a␛[31mb⟨U+202E⟩c␡\n\t<b>");
  expect(plainText("\u0000\u0085\u2066")).toBe("␀⟨U+0085⟩⟨U+2066⟩");
});

test("values of any kind become texts", () => {
  expect([cellText("x\u0007"), cellText(null), cellText(undefined), cellText({ a: [1] })]).toEqual([
    "x␇",
    "null",
    "",
    '{"a":[1]}',
  ]);
  expect(prettyJson('{"a":1}')).toBe('{\n  "a": 1\n}');
  expect(prettyJson("<p>")).toBe("<p>");
});
