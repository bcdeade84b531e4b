import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { serviceRules } from "./service/service-rules.ts";

interface Options {
  readonly whole?: Readonly<Record<string, object>>;
  readonly durationMs?: Readonly<Record<string, object>>;
  readonly keep?: Readonly<Record<string, object>>;
}

const file = new URL("../declares.json", import.meta.url);
const { declares } = JSON.parse(readFileSync(file, "utf8")) as {
  declares: Readonly<Record<string, { readonly options: Options }>>;
};
const optionsOf = (name: string): Options => declares[name]!.options;

test("the manifest is told of every option that a service has", () => {
  expect(Object.keys(optionsOf("Service").keep!).toSorted()).toEqual(Object.keys(serviceRules).toSorted());
});

test.each(["api.raw", "api.sse", "api.streamIn", "api.streamOut", "api.streamInOut"])(
  "the limits of the policies of %s are those of api",
  (name) => {
    const { whole, durationMs } = optionsOf("api");
    const { bodyLimit: _, ...policies } = whole!;
    expect(optionsOf(name).whole).toMatchObject(policies);
    expect(optionsOf(name).durationMs).toMatchObject(durationMs!);
    expect(optionsOf(name).whole).not.toHaveProperty("timeout");
  },
);
