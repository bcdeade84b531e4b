import { expect, test } from "vitest";
import { TwinloopError } from "../errors/error.ts";
import { instantOperations } from "./instant.ts";
import { native } from "./native.ts";

test("an operation is asked by its name and answers at once", () => {
  const secrets = instantOperations({ name: "secrets", from: import.meta.url, operations: ["version"] });
  expect(secrets.version("NeverDeclared")).toBe("0");
});

test("an answer that there is none of is null", () => {
  const secrets = instantOperations({ name: "secrets", from: import.meta.url, operations: ["current"] });
  expect(secrets.current("NeverDeclared")).toBeNull();
});

test.each([
  { name: "secrets", operation: "guess" },
  { name: "diagnosis", operation: "stats" },
  { name: "telepathy", operation: "read" },
])("an addon without an instant $name.$operation is refused", ({ name, operation }) => {
  const find = (): unknown => instantOperations({ name, from: import.meta.url, operations: [operation] });
  expect(find).toThrow(expect.objectContaining({ code: "addon_mismatch" }));
});

test("a payload that the operation cannot read is an error that shows nothing of it", () => {
  const { load } = instantOperations({ name: "secrets", from: import.meta.url, operations: ["load"] });
  const error = ((): unknown => {
    try {
      return load('{"names":"hunter22"}');
    } catch (thrown) {
      return thrown;
    }
  })();
  expect(error).toBeInstanceOf(TwinloopError);
  expect(error).toMatchObject({ code: "internal", message: expect.stringContaining("secrets.Load") });
  expect(String(error)).not.toContain("hunter22");
});

test("a component without instant operations refuses to be asked", () => {
  expect(() => native.askNow(0, 1, "")).toThrow("component 0 has no instant operations");
  expect(() => native.askNow(99, 1, "")).toThrow("component 99 has no instant operations");
});
