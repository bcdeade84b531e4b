import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { Node } from "../ir/ir.ts";
import { JsonSchemas } from "./schema-of.ts";

interface Case {
  readonly name: string;
  readonly types: readonly Node[];
  /** The schema of the first type as it is sent. */
  readonly schema: object;
  /** The schema of the first type as it is read, where it differs. */
  readonly input?: object;
  readonly shared?: object;
}

const file = new URL("../../../../contract/cases/openapi/schemas.json", import.meta.url);
const { cases } = JSON.parse(readFileSync(file, "utf8")) as { cases: Case[] };

test.each(cases)("$name", ({ types, schema, input = schema, shared = {} }) => {
  const schemas = new JsonSchemas(types, { prefix: "#/components/schemas/", discriminators: true });
  expect(schemas.of(0)).toEqual(schema);
  expect(schemas.input.of(0)).toEqual(input);
  expect(schemas.shared).toEqual(shared);
});
