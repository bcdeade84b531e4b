import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { AppFiles } from "./app-files.ts";
import type { Plan } from "./plan.ts";
import { SourceFile } from "./source-file.ts";

/**
 * Parses the sources that `concerns` by their text. One with a syntax error is reported and left alone: an edit by a tree that
 * is not what was meant could break more.
 */
export function parseSources(
  files: AppFiles,
  plan: Plan,
  concerns: (text: string, path: string) => boolean,
): SourceFile[] {
  const found: SourceFile[] = [];
  for (const path of files.sources) {
    const text = readFileSync(join(plan.root, path), "utf8");
    if (!concerns(text, path)) continue;
    const file = new SourceFile(path, text);
    const error = file.syntaxError;
    if (error === null) found.push(file);
    else plan.note("failed", path, error.line, `${error.message} Mend it and run the migration again`);
  }
  for (const path of files.links) plan.note("left", path, 0, "a symbolic link, which was not followed");
  for (const path of files.large) plan.note("left", path, 0, "more than 2 MiB, which was not read");
  return found;
}

/** Plans the edited texts. */
export function writeSources(files: readonly SourceFile[], plan: Plan): void {
  for (const file of files) {
    if (!file.edit.hasChanged()) continue;
    const text = file.edit.toString();
    // What was inserted ends its lines as the file does.
    plan.write(file.path, file.text.includes("\r\n") ? text.replace(/\r?\n/g, "\r\n") : text);
  }
}
