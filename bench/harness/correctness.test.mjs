import { expect, test } from "vitest";
import { faults } from "./correctness.mjs";
import { workloads } from "./workload.mjs";

const [hello, schema, reject] = /** @type {import("./workload.mjs").Workload[]} */ (workloads);
const json = "application/json; charset=utf-8";

test("accepts the right answers", () => {
  const greeting = { status: 200, contentType: json, text: '{"message":"Hello, World!"}', headers: {} };
  expect(faults(/** @type {any} */ (hello), greeting, 0)).toEqual([]);
  const named = { status: 200, contentType: json, text: '{"message":"Hello test! 123"}', headers: {} };
  expect(faults(/** @type {any} */ (schema), named, 1)).toEqual([]);
  expect(
    faults(
      /** @type {any} */ (reject),
      { status: 400, contentType: "text/plain", text: "no", headers: {} },
      0,
    ),
  ).toEqual([]);
});

test("names every fault of an answer", () => {
  const answer = { status: 500, contentType: "text/html", text: "oops", headers: {} };
  expect(faults(/** @type {any} */ (schema), answer, 0)).toEqual([
    "status 500, not 200 (oops)",
    'content-type "text/html", not JSON',
    'body oops, not {"message":"Hello test! 123"}',
    "its handler ran 0 times",
  ]);
});

test("refuses a rejection for which the handler ran", () => {
  const answer = { status: 400, contentType: json, text: "{}", headers: {} };
  expect(faults(/** @type {any} */ (reject), answer, 1)).toEqual(["its handler ran 1 times"]);
});

test("asks a workload's own check, where the text alone does not say what is right", () => {
  const own = {
    ...hello,
    answer: null,
    faults: (/** @type {any} */ { headers }) => (headers.server ? [] : ["no server"]),
  };
  const answer = { status: 200, contentType: "text/plain", text: "Hello", headers: {} };
  expect(faults(/** @type {any} */ (own), answer, 0)).toEqual(["no server"]);
  expect(faults(/** @type {any} */ (own), { ...answer, headers: { server: "x" } }, 0)).toEqual([]);
});
