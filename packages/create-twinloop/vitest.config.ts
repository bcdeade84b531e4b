import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    name: "create-twinloop",
    // The tests of templates run in apps that are made of them.
    include: ["src/**/*.test.ts", "test/**/*.test.ts"],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    setupFiles: ["../../tools/suites/patient-waits.mjs"],
  },
});
