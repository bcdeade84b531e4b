import { expect, test } from "vitest";
import { faults } from "./correctness.mjs";
import { workloads } from "./workload.mjs";

const [hello, schema, reject] = /** @type {import("./workload.mjs").Workload[]} */ (workloads);
const json = "application/json; charset=utf-8";

test("accepts the right answers", () => {
  const greeting = { status: 200, contentType: json, text: '{"message":"Hello, World!"}' };
  expect(faults(/** @type {any} */ (hello), greeting, 0)).toEqual([]);
  const named = { status: 200, contentType: json, text: '{"message":"Hello test! 123"}' };
  expect(faults(/** @type {any} */ (schema), named, 1)).toEqual([]);
  expect(
    faults(/** @type {any} */ (reject), { status: 400, contentType: "text/plain", text: "no" }, 0),
  ).toEqual([]);
});

test("names every fault of an answer", () => {
  const answer = { status: 500, contentType: "text/html", text: "oops" };
  expect(faults(/** @type {any} */ (schema), answer, 0)).toEqual([
    "status 500, not 200 (oops)",
    'content-type "text/html", not JSON',
    'body oops, not {"message":"Hello test! 123"}',
    "its handler ran 0 times",
  ]);
});

test("refuses a rejection for which the handler ran", () => {
  const answer = { status: 400, contentType: json, text: "{}" };
  expect(faults(/** @type {any} */ (reject), answer, 1)).toEqual(["its handler ran 1 times"]);
});
