import { expect, test } from "vitest";
import { LinkStore } from "./link-store.ts";

test("a slug stands for one address, and adding the same again changes nothing", () => {
  const store = new LinkStore();
  const link = store.add("https://a.example", "one");
  expect(store.add("https://a.example", "one")).toBe(link);
  expect(store.add("https://b.example", "one")).toBeUndefined();
  expect(store.size).toBe(1);
});

test("a link without a slug gets one that fits the rules", () => {
  const store = new LinkStore();
  const slugs = Array.from({ length: 500 }, () => store.add("https://a.example")!.slug);
  expect(new Set(slugs).size).toBe(500);
  for (const slug of slugs) expect(slug).toMatch(/^[a-z0-9-]{3,32}$/);
});

test("the newest links come first", () => {
  const store = new LinkStore();
  for (const slug of ["one", "two", "three"]) store.add("https://a.example", slug);
  expect(store.newest(2).map(({ slug }) => slug)).toEqual(["three", "two"]);
});

test("a click is counted, and a removed link has none", () => {
  const store = new LinkStore();
  store.add("https://a.example", "one");
  expect(store.click("one")).toMatchObject({ clicks: 1, lastClickAt: expect.any(Date) });
  expect([store.remove("one"), store.remove("one")]).toEqual([true, false]);
  expect(store.click("one")).toBeUndefined();
});
