import { expect, test } from "vitest";
import { fortunesPage } from "../peers/src/techempower.mjs";
import {
  fortunesFaults,
  headerFaults,
  jsonFaults,
  plaintextFaults,
  worldFaults,
  worldsFaults,
} from "./answers.mjs";

/** @param {string} contentType @param {string} text @param {Record<string, string | undefined>} [headers] */
function answer(contentType, text, headers = {}) {
  const all = { server: "x", date: "Mon, 30 Nov 2026 17:00:00 GMT", "content-length": "1", ...headers };
  return { status: 200, contentType, text, headers: all };
}

const json = (/** @type {unknown} */ value) => answer("application/json", JSON.stringify(value));
const FORTUNES = [
  { id: 11, message: '<script>alert("x");</script>' },
  { id: 2, message: "things that aren't broken" },
  { id: 12, message: "フレームワーク" },
];

test("wants the headers that the rules name, and no encoding", () => {
  expect(headerFaults(answer("text/plain", "x"), "text")).toEqual([]);
  expect(headerFaults(answer("application/json; charset=utf-8", "x"), "json")).toEqual([]);
  const bare = { server: undefined, date: undefined, "content-length": undefined };
  expect(headerFaults(answer("text/html", "x", bare), "html")).toEqual([
    "no header `server`",
    "no header `date`",
    "neither a content-length nor a transfer-encoding",
    'content-type "text/html"',
  ]);
  const coded = { date: "today", "content-encoding": "gzip" };
  expect(headerFaults(answer("text/plain", "x", coded), "text")).toEqual([
    "a date that is none: today",
    "an encoded body",
  ]);
});

test("wants the greeting in both forms", () => {
  expect(plaintextFaults(answer("text/plain", "Hello, World!"))).toEqual([]);
  expect(plaintextFaults(answer("text/plain", "Hello"))).toEqual(["body Hello"]);
  expect(jsonFaults(json({ message: "Hello, World!" }))).toEqual([]);
  expect(jsonFaults(json({ message: "Hello" }))).toEqual(['body {"message":"Hello"}']);
});

test("wants rows of two whole numbers from 1 to 10,000", () => {
  const row = { id: 1, randomNumber: 10_000 };
  expect(worldFaults(json(row))).toEqual([]);
  expect(worldsFaults(json([row, row]), 2)).toEqual([]);
  expect(worldFaults(json({ id: "1", randomNumber: 2 }))).toEqual(['no row: {"id":"1","randomNumber":2}']);
  expect(worldFaults(json({ ...row, more: 1 }))).toHaveLength(1);
  expect(worldsFaults(json([row, { id: 0, randomNumber: 1 }]), 1)).toEqual([
    "2 rows, not 1",
    'no row: {"id":0,"randomNumber":1}',
  ]);
  expect(worldsFaults(json(row), 1)).toEqual(['no list: {"id":1,"randomNumber":10000}']);
  expect(worldsFaults(answer("application/json", "["), 1)).toEqual(["no list: ["]);
});

test("takes the page of every peer, in any form of the escapes", () => {
  const html = "text/html; charset=utf-8";
  const page = fortunesPage(FORTUNES);
  expect(page).toContain("&lt;script&gt;");
  expect(fortunesFaults(answer(html, page), FORTUNES)).toEqual([]);
  const other = page
    .replaceAll("&#39;", "&apos;")
    .replaceAll("&quot;", "&#34;")
    .replaceAll("</tr>", "</tr>\n");
  expect(fortunesFaults(answer(html, other), FORTUNES)).toEqual([]);
});

test("refuses a page that is not escaped, not sorted, or lacks a row", () => {
  const html = "text/html; charset=utf-8";
  const raw = fortunesPage(FORTUNES, (text) => text);
  expect(fortunesFaults(answer(html, raw), FORTUNES)).toHaveLength(1);
  expect(fortunesFaults(answer(html, fortunesPage(FORTUNES.slice(1))), FORTUNES)).toHaveLength(1);
  expect(
    fortunesFaults(answer(html, fortunesPage(FORTUNES).replace("Additional", "Bdditional")), FORTUNES),
  ).toEqual([expect.stringContaining("the page differs from byte")]);
});
