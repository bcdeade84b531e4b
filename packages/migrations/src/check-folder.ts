import { readFileToRun } from "./check-file.ts";
import { MigrationError, type MigrationProblem } from "./migration-error.ts";
import { readFolder, type Format } from "./migration-folder.ts";

/**
 * Checks a folder of migrations without a database: names, numbers, and the content of each file. Changes nothing; an
 * empty list means that `up` would run the folder.
 */
export function checkFolder(path: string, format?: Format): readonly MigrationProblem[] {
  try {
    const folder = readFolder(path, format);
    const files = folder.migrations.flatMap(({ file, downFile }) => [file, ...(downFile ? [downFile] : [])]);
    return files.flatMap((file) => readFileToRun(file, folder.format).problems);
  } catch (error) {
    if (error instanceof MigrationError) return error.problems;
    throw error;
  }
}
