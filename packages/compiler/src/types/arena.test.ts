import { expect, test } from "vitest";
import { Arena } from "./arena.ts";
import type { Node } from "@twinloop/core-native/build-time";

const text: Node = { kind: "string" };
const none: Node = { kind: "null" };
const list = (items: number): Node => ({ kind: "array", items });
const union = (...arms: number[]): Node => ({ kind: "union", arms });
const object = (...types: number[]): Node => ({
  kind: "object",
  properties: types.map((type, index) => ({ name: `p${index}`, type, optional: false })),
  additional: null,
});

function finish(files: Node[][], roots: number[]): { types: Node[]; places: number[] } {
  const arena = new Arena();
  for (const nodes of files) arena.append(nodes);
  const { types, place } = arena.finish(roots);
  return { types, places: roots.map(place) };
}

test("equal types of two files become one", () => {
  const { types, places } = finish(
    [
      [object(1), text],
      [text, object(0)],
    ],
    [0, 3],
  );
  expect(types).toEqual([object(1), text]);
  expect(places).toEqual([0, 0]);
});

test("equal recursive types become one, however far they are unrolled", () => {
  const once: Node[] = [object(1), union(0, 2), none];
  const twice: Node[] = [object(1), union(2, 4), object(3), union(0, 4), none];
  const { types, places } = finish([once, twice], [0, 3]);
  expect(types).toEqual([object(1), union(0, 2), none]);
  expect(places).toEqual([0, 0]);
});

test("types that differ only deep inside stay apart", () => {
  const { places } = finish([[list(1), list(2), text, list(4), list(5), none]], [0, 3]);
  expect(places[0]).not.toBe(places[1]);
});

test("the order of a union's arms does not depend on how it was read", () => {
  const one = finish([[union(1, 2, 3), none, text, list(2)]], [0]).types;
  const other = finish(
    [[union(3, 2, 1), list(2), text, none]].map(([, ...rest]) => [union(3, 2, 1), ...rest]),
    [0],
  ).types;
  expect(other).toEqual(one);
  expect(one.at(-1)).toEqual(none);
});

test("what no root reaches is left out", () => {
  expect(finish([[text, none, list(0)]], [0]).types).toEqual([text]);
});
