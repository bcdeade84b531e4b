import { expect, test, vi } from "vitest";

test("a condition that holds after more than a second is waited for", async () => {
  const begun = performance.now();
  const holds = () => performance.now() - begun > 1_200;
  await vi.waitFor(() => expect(holds()).toBe(true));
  await vi.waitUntil(holds, { interval: 10 });
});

test("a limit of its own holds", async () => {
  await expect(vi.waitFor(() => expect(1).toBe(2), 20)).rejects.toThrow("expected 1 to be 2");
  await expect(vi.waitUntil(() => false, { timeout: 20 })).rejects.toThrow("Timed out");
});
