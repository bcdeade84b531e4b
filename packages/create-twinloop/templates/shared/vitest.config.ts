import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // The whole app starts once in each test file, on a free port.
    env: { PORT: "0", LOG_LEVEL: "warn" },
    pool: "forks",
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
