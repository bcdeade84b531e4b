import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { projectFolders } from "./tools/suites/rooms.mjs";

const root = fileURLToPath(new URL(".", import.meta.url));

/** One project for each package, app, and for tools and bench; a room's own vitest.config.ts goes first. `test/global-setup.ts` runs
 * once before all test files of a room. */
const projects = [...projectFolders(root)].map(([name, folder]) => {
  if (existsSync(`${root}${folder}/vitest.config.ts`)) return `./${folder}/vitest.config.ts`;
  const globalSetup = `${root}${folder}/test/global-setup.ts`;
  return {
    extends: true as const,
    root: `${root}${folder}`,
    test: {
      name,
      globalSetup: existsSync(globalSetup) ? globalSetup : [],
      include: ["**/*.test.{ts,mts,mjs}"],
      exclude: ["**/node_modules/**", "**/dist/**", "**/.twinloop/**"],
      // Generous, because suites of both languages share two cores: a hang is found by the runner, not by a guess.
      testTimeout: 60_000,
      hookTimeout: 120_000,
      expect: { poll: { timeout: 20_000 } },
      setupFiles: [`${root}tools/suites/patient-waits.mjs`],
    },
  };
});

export default defineConfig({
  test: {
    projects,
    pool: "forks",
    // Tests wait for timers, servers and processes of their own more than they compute: two files a core keep it busy. Eight
    // at most: they share the connections of one PostgreSQL.
    maxWorkers: Math.min(8, 2 * availableParallelism()),
    passWithNoTests: true,
    reporters: ["default", "./tools/suites/count-reporter.mjs"],
  },
});
