import fc from "fast-check";
import { expect, test } from "vitest";
import { layOut, NODE, pathOf } from "./layered-layout.ts";

test("edges lead from left to right, and the same graph has the same layout", () => {
  const ids = ["api", "mail", "orders", "db"];
  const edges = [
    { from: "api", to: "orders" },
    { from: "orders", to: "db" },
    { from: "mail", to: "orders" },
  ];
  const { nodes, width } = layOut(ids, edges);
  expect(ids.map((id) => nodes.get(id)?.layer)).toEqual([0, 0, 1, 2]);
  expect(width).toBe(3 * NODE.width + 2 * NODE.columnGap);
  expect(layOut(ids, edges)).toEqual(layOut(ids, edges));
});

test("edges cross no more than they must", () => {
  const { nodes } = layOut(
    ["a", "b", "x", "y"],
    [
      { from: "a", to: "y" },
      { from: "b", to: "x" },
    ],
  );
  const row = (id: string): number => nodes.get(id)?.y ?? Number.NaN;
  expect(Math.sign(row("a") - row("b"))).toBe(Math.sign(row("y") - row("x")));
});

test("any graph, with circles and edges to nowhere, is laid out without overlaps", () => {
  const ids = ["a", "b", "c", "d", "e", "f"];
  const edge = fc.record({ from: fc.constantFrom(...ids, "none"), to: fc.constantFrom(...ids, "none") });
  fc.assert(
    fc.property(fc.array(edge, { maxLength: 20 }), (edges) => {
      const { nodes } = layOut(ids, edges);
      const places = new Set([...nodes.values()].map(({ x, y }) => `${x},${y}`));
      return nodes.size === ids.length && places.size === ids.length;
    }),
  );
});

test("nothing is laid out as nothing", () => {
  expect(layOut([], [])).toEqual({ nodes: new Map(), ways: [], width: 0, height: 0 });
});

test("an edge over several columns passes beside the nodes between", () => {
  const edges = [
    { from: "a", to: "b" },
    { from: "b", to: "c" },
    { from: "a", to: "c" },
    { from: "c", to: "a" },
    { from: "a", to: "a" },
  ];
  const { nodes, ways } = layOut(["a", "b", "c"], edges);
  const [b, passing] = [nodes.get("b"), ways[2]];
  const lane = passing?.[1]?.y ?? Number.NaN;
  expect(passing).toHaveLength(4);
  expect(lane < (b?.y ?? 0) || lane > (b?.y ?? 0) + NODE.height).toBe(true);
  expect(ways[3]?.[0]).toEqual(
    ways[2]?.at(-1) && { x: nodes.get("c")?.x, y: (nodes.get("c")?.y ?? 0) + NODE.height / 2 },
  );
  expect(ways[4]).toEqual([]);
  expect(pathOf([])).toBe("");
  expect(
    pathOf([
      { x: 0, y: 0 },
      { x: 10, y: 0 },
      { x: 20, y: 8 },
    ]),
  ).toBe("M0 0L10 0C15 0 15 8 20 8");
});
