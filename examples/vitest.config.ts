import { defineProject } from "vitest/config";

export default defineProject({
  test: {
    name: "examples",
    // The tests within examples are those of their programs, and run as their users run them.
    include: ["test/**/*.test.ts"],
    hookTimeout: 60_000,
    setupFiles: ["../tools/suites/patient-waits.mjs"],
  },
});
