import { expect, test } from "vitest";
import { table } from "./banner.ts";

const meta = {
  name: "links",
  version: "1.2.0",
  environment: { name: "development", type: "development", cloud: "local" },
} as const;

test("the table has a line for each part, with the places below one another", () => {
  const rows = [
    { what: "database links", where: "127.0.0.1:5432" },
    { what: "http", where: "http://127.0.0.1:4000" },
  ];
  expect(table(meta, rows).split("\n")).toEqual([
    "",
    `links 1.2.0 is running (development, pid ${process.pid})`,
    "",
    "  database links  127.0.0.1:5432",
    "  http            http://127.0.0.1:4000",
    "",
    "",
  ]);
});

test("an app without parts still says that it runs", () => {
  expect(table(meta, [])).toContain("links 1.2.0 is running");
});
