import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { diagnosis } from "../../core-native/dist/internal.js";
import { Arena } from "../src/types/arena.ts";
import type { Node } from "@twinloop/core-native/build-time";
import { Project } from "../src/project/project.ts";
import { payloadValues } from "./payload-values.ts";

const root = fileURLToPath(new URL("payloads", import.meta.url));
const project = new Project(root, { typescript: "7" });
const { manifest, problems } = project.update();

afterAll(() => project.close());

interface Verdict {
  readonly accepted: boolean;
  readonly issues?: readonly { readonly at: string }[];
}

/** What the validator says to a value as the body of an endpoint. */
async function check(name: string, value: unknown): Promise<Verdict> {
  const { types, type } = bodyOf(name);
  return diagnosis.call<Verdict>("check", {
    types,
    type,
    input: JSON.stringify(value),
  });
}

/** The type of an endpoint's body, with no others than it holds. */
function bodyOf(name: string): { types: Node[]; type: number } {
  const body = manifest.endpoints.find((endpoint) => endpoint.export === name)?.request?.body;
  if (body == null) throw new Error(`no endpoint ${name}`);
  const arena = new Arena();
  arena.append(manifest.types);
  const { types, place } = arena.finish([body]);
  return { types, type: place(body) };
}

test("the types of public packages are read without a problem", () => {
  expect(problems).toEqual([]);
  expect(manifest.endpoints.length).toBeGreaterThanOrEqual(70);
  // A type that was not found would be read as any value.
  const open = manifest.endpoints.filter(
    ({ request }) => manifest.types[request?.body ?? -1]?.kind === "any",
  );
  expect(open).toEqual([]);
});

describe.each(Object.entries(payloadValues))("%s", (name, { good, broken }) => {
  test("takes a value as its service documents it", async () => {
    expect(await check(name, good)).toMatchObject({ accepted: true });
  });

  test.each(broken)("refuses $change at $at", async ({ change, at }) => {
    const verdict = await check(name, { ...(good as object), ...change });
    expect(verdict.issues?.[0]?.at).toBe(at);
  });
});
