import { beside, loadManifest, providersIn, type CodePlace } from "@twinloop/core-native/internal";
import { MigrationError } from "./migration-error.ts";

/**
 * Finds the folder of a database's migrations.
 *
 * Shape:  the path in the database's options, the database's name, the place of its declaration -> an absolute path.
 * `./x` is resolved from the declaring file, then from the app's root; `x` from the app's root first.
 * Errors: `MigrationError` with every path that was tried.
 */
export function migrationsAt(given: string, database: string, site: CodePlace | undefined): string {
  const { root, manifest } = loadManifest();
  const databases = providersIn(manifest, "postgres");
  const model = databases.find(({ name }) => name === database);
  const built = model?.options["migrations"];
  const found = beside(given, {
    source: model?.file,
    site,
    built: typeof built === "string" ? built : undefined,
    root,
  });
  if (found.exists) return found.path;
  const places = found.tried.join(" or ");
  const message = `There is no folder ${places} to read the migrations of "${database}" from. Create it, or correct the database's \`migrations\`.`;
  throw new MigrationError([{ code: "migration_unreadable", message, file: found.path }]);
}
