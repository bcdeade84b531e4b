import { expect, test } from "vitest";
import { shownName } from "./shown-name.ts";

test.each([
  ["links", "links"],
  ["a@b", "a@b"],
  ["postgres://user:hunter2@db:5432/shop", "postgres://db:5432/shop"],
  ["postgres://user:h@nt/er?2#@db/shop", "postgres://db/shop"],
  ["postgres://db/shop?password=hunter2", "postgres://db/shop"],
])("%s is shown as %s", (name, shown) => {
  expect(shownName(name)).toBe(shown);
});
