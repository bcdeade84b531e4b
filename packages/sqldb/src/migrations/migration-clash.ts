import { problem, SystemCode } from "@twinloop/core-native/internal";
import type { Problem } from "@twinloop/core-native";
import type { DeclaredDatabase } from "../start/declared.ts";
import { urlVariables } from "../location/url-variables.ts";
import { shownName } from "../location/shown-name.ts";

/**
 * Problems of databases at one URL that have different migration folders: each would find the other's versions in the
 * ledger.
 */
export function migrationClashes(databases: readonly DeclaredDatabase[]): readonly Problem[] {
  const first = new Map<string, DeclaredDatabase>();
  return databases.flatMap((database) => {
    const folder = folderOf(database);
    const place = folder === undefined ? undefined : placeOf(database);
    if (place === undefined) return [];
    const other = first.get(place);
    if (other === undefined) first.set(place, database);
    if (other === undefined || folderOf(other) === folder) return [];
    const message = `The databases "${shownName(other.name)}" and "${shownName(database.name)}" are both at ${place}, and have different migration folders, which one ledger cannot record.`;
    const hint = `Set ${urlVariables(database.name)[0]} to another database, or give both the same folder.`;
    return [problem(SystemCode.ConfigInvalid, message, hint)];
  });
}

function folderOf({ options: { migrations } }: DeclaredDatabase): string | undefined {
  return typeof migrations === "object" ? migrations.path : migrations;
}

/** The URL of a database as far as it is known before a start; databases on the embedded server never share one. */
function placeOf(database: DeclaredDatabase): string | undefined {
  try {
    return database.origin === "embedded" ? undefined : database.where;
  } catch {
    return undefined;
  }
}
