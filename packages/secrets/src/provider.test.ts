import { expect, test } from "vitest";
import { defineSecretProvider, providers } from "./provider.ts";

test.each([
  [{ lod: () => ({}) }, "there is no option lod. Did you mean load?"],
  [{ name: "vault" }, 'the secret provider "vault": it has no load.'],
  [{ load: "vault" }, 'load is "vault". Write a function.'],
  [{ load: () => ({}), timeout: 0 }, "timeout is 0. Write milliseconds"],
  [{ load: () => ({}), timeout: "soon" }, 'timeout is "soon". Write milliseconds'],
  ["vault", 'its options are "vault". Write an object.'],
  [undefined, "it has no load."],
])("a provider like %j is refused", (provider, told) => {
  expect(() => defineSecretProvider(provider as never)).toThrow(
    expect.objectContaining({ code: "config_invalid", message: expect.stringContaining(told) }),
  );
  expect(providers).toEqual([]);
});
