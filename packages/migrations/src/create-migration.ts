import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { MigrationError } from "./migration-error.ts";
import { readFolder } from "./migration-folder.ts";

/** The number of digits from which a version is read as a timestamp: 20251124093000. */
const TIMESTAMP_DIGITS = 14;

/**
 * Writes the empty files of a new migration. The number continues the folder's scheme: the last number plus one, or the
 * time.
 *
 * Shape:  a name in any words -> the paths of its `.up.sql` and `.down.sql`. Creates the folder where it is missing.
 * Errors: `migration_unreadable` for a folder of Prisma or Drizzle, whose own tools write migrations, or a name without
 * letters.
 */
export function createMigration(
  path: string,
  name: string,
  now: Date = new Date(),
): { readonly up: string; readonly down: string } {
  mkdirSync(path, { recursive: true });
  const { format, migrations } = readFolder(path);
  if (format !== "twinloop") {
    const command = format === "prisma" ? "npx prisma migrate dev --create-only" : "npx drizzle-kit generate";
    const message = `${path} is a folder of ${format === "prisma" ? "Prisma" : "Drizzle"}: write a new migration with \`${command}\`.`;
    throw new MigrationError([{ code: "migration_unreadable", message, file: path }]);
  }
  const words = name
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "_")
    .replace(/^_+|_+$/g, "");
  if (words === "") {
    const message = `${JSON.stringify(name)} has no letters or digits for a file name: name the migration with some.`;
    throw new MigrationError([{ code: "migration_unreadable", message }]);
  }
  const base = join(path, `${nextNumber(migrations.at(-1)?.file, now)}_${words}`);
  const [up, down] = [`${base}.up.sql`, `${base}.down.sql`];
  writeFileSync(up, "", { flag: "wx" });
  writeFileSync(down, "", { flag: "wx" });
  return { up, down };
}

function nextNumber(lastFile: string | undefined, now: Date): string {
  const digits = /(\d+)_[^/\\]*$/.exec(lastFile ?? "")?.[1] ?? "0";
  const next = BigInt(digits) + 1n;
  if (digits.length < TIMESTAMP_DIGITS) return String(next).padStart(digits.length, "0");
  const time = BigInt(
    now.toISOString().replace(/\D/g, "").slice(0, digits.length).padEnd(digits.length, "0"),
  );
  return String(time > next ? time : next);
}
