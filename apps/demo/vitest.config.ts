import { defineProject } from "vitest/config";
import twinloop from "@twinloop/compiler/vitest";

export default defineProject({
  plugins: [twinloop()],
  test: {
    name: "demo",
    include: ["test/**/*.test.ts"],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    setupFiles: ["../../tools/suites/patient-waits.mjs"],
  },
});
