import { expect, test } from "vitest";
import { layOutTable, showNumber } from "./table.mjs";

test("lines up its columns", () => {
  const table = layOutTable(
    [{ title: "server", align: "left" }, { title: "CPU µs" }],
    [
      ["express", "205"],
      ["bare Hyper", "8.20"],
    ],
  );
  expect(table.split("\n")).toEqual([
    "| server     | CPU µs |",
    "| ---------- | -----: |",
    "| express    |    205 |",
    "| bare Hyper |   8.20 |",
  ]);
});

test("shows about three digits that count", () => {
  expect(showNumber(114_600.4)).toBe("114,600");
  expect(showNumber(12.64)).toBe("12.6");
  expect(showNumber(1.2, "x")).toBe("1.20x");
  expect(showNumber(0)).toBe("0.00");
  expect(showNumber(null, "x")).toBe("-");
});
