import { existsSync } from "node:fs";
import { relative, resolve } from "node:path";
import { providersIn, type AppInventory, type AppOnDisk, type CommandFault } from "@twinloop/core-native/cli";

/**
 * The problems of the names and numbers of the app's migrations, as `start()` would report them. The content of files
 * is checked when they are applied, because applied files are not read again.
 */
export async function readMigrationNames({ root, manifest }: AppOnDisk): Promise<AppInventory> {
  const folders = providersIn(manifest, "postgres").flatMap(({ options }) =>
    typeof options["migrations"] === "string" ? [resolve(root, options["migrations"])] : [],
  );
  // A missing folder is reported with the place of its declaration.
  const present = [...new Set(folders)].filter((folder) => existsSync(folder));
  if (present.length === 0) return { text: "", problems: [] };
  const [{ readFolder }, { MigrationError }] = await Promise.all([
    import("../migration-folder.ts"),
    import("../migration-error.ts"),
  ]);
  const problems = present.flatMap((folder): readonly CommandFault[] => {
    try {
      readFolder(folder);
      return [];
    } catch (error) {
      if (!(error instanceof MigrationError)) throw error;
      return error.problems.map(({ message, file }) => {
        const place = relative(root, file ?? folder).replaceAll("\\", "/");
        return { code: "migration_invalid", file: place, line: 0, message };
      });
    }
  });
  return { text: "", problems };
}
