import { expect, test } from "vitest";
import type { ServedApp } from "../served-app.ts";
import { endpointTools } from "./endpoints.ts";

const describeType = endpointTools.find(({ name }) => name === "describe_type")!;
const types = [
  { kind: "enum", name: "Shelf", values: ["top", "bottom"] },
  { kind: "string", maxLen: 3 },
];
const app = { manifest: async () => ({ types }) } as unknown as ServedApp;

test("a named union of literals is described, and an unknown name is refused", async () => {
  expect(await describeType.run(app, { name: "Shelf" })).toMatchObject({
    $defs: { Shelf: { type: "string", enum: ["top", "bottom"] } },
  });
  await expect(describeType.run(app, { name: "Shelves" })).rejects.toMatchObject({
    code: "not_found",
    message: expect.stringContaining("Shelves"),
  });
});
