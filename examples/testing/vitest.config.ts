import twinloop from "@twinloop/compiler/vitest";
import { defineConfig } from "vitest/config";

export default defineConfig({
  // Keeps the manifest up to date, in watch mode as well.
  plugins: [twinloop()],
  test: {
    include: ["test/**/*.test.ts"],
    env: { LOG_LEVEL: "warn" },
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
