import { expect, test } from "vitest";
import { readPlan } from "./plan.ts";

test("a plan is read with its steps, costs and conditions", () => {
  const plan = [
    {
      Plan: {
        "Node Type": "Hash Join",
        "Join Type": "Left",
        "Total Cost": 12.5,
        "Plan Rows": 100,
        "Hash Cond": "(a.id = b.id)",
        Plans: [
          {
            "Node Type": "Index Scan",
            "Relation Name": "links",
            "Index Name": "links_pkey",
            "Actual Total Time": 0.2,
            "Actual Rows": 1,
          },
          { "Node Type": "Sort", "Sort Key": ["b.id"] },
        ],
      },
    },
  ];
  const read = readPlan(plan);
  expect([read?.title, read?.detail, read?.cost, read?.rows]).toEqual([
    "Hash Join (left)",
    "hash cond (a.id = b.id)",
    12.5,
    100,
  ]);
  expect(read?.steps.map(({ title, detail, actualMs }) => [title, detail, actualMs])).toEqual([
    ["Index Scan on links by links_pkey", "", 0.2],
    ["Sort", "by b.id", null],
  ]);
});

test("what is no plan is none", () => {
  for (const odd of [null, [], {}, "text", [{ Plan: null }], 3]) expect(readPlan(odd)).toBeNull();
});
