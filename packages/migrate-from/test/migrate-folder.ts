import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import { migrateEncore, migrateMounted, type Framework, type Plan } from "../src/index.ts";

/** What a migration says and writes. */
export interface Migrated {
  readonly plan: Plan;
  /** The text of a file afterwards. */
  text(file: string): string;
  /** The findings as `kind file:line message`. */
  readonly lines: readonly string[];
}

/** Plans the migration of an app that consists of these files. */
export function migrate(from: Framework | "encore", files: Readonly<Record<string, string>>): Migrated {
  const root = mkdtempSync(join(tmpdir(), "migrate-from-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const usual =
    from === "encore"
      ? { "encore.app": '{ "id": "", "lang": "typescript" }' }
      : { "package.json": packageJson(from) };
  for (const [name, text] of Object.entries({ ...usual, ...files })) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  const plan = from === "encore" ? migrateEncore(root) : migrateMounted(root, from);
  const lines = plan.findings.map(({ kind, file, line, message }) => `${kind} ${file}:${line} ${message}`);
  return { plan, lines, text: (file) => plan.read(file) ?? "" };
}

function packageJson(framework: Framework): string {
  return JSON.stringify({ name: "old", dependencies: { [framework]: "^5.0.0" } });
}
