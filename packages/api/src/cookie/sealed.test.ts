import { expect, test, vi } from "vitest";
import { sealedTexts } from "./sealed.ts";

test("whether a sealed cookie is secure is settled when the app starts, not at each answer", () => {
  vi.stubEnv("NODE_ENV", "production");
  const write = sealedTexts([{ kind: "string" }], {
    ...{ name: "session", wire: "session", type: 0, sealed: "signed" },
  });
  vi.stubEnv("NODE_ENV", "development");
  const [text = ""] = write({ value: "ada" });
  vi.unstubAllEnvs();
  expect((JSON.parse(text) as { attributes: string }).attributes).toContain("Secure");
});
