import { Project, writeManifest } from "@twinloop/compiler";
import { AppProcess } from "./app-process.ts";
import type { Arguments } from "./command.ts";
import { findEntry } from "./entry.ts";
import { reportProblems, reportSuccess } from "./report.ts";
import { watchSources } from "./watch.ts";

/**
 * `twinloop dev`: runs the app, and at every change reads the types anew and restarts it. While the sources have
 * problems they stay on screen and the app that ran last goes on.
 *
 * Shape: resolves with 0 when SIGINT or SIGTERM ends it.
 */
export async function devCommand({ root, tsconfig, words }: Arguments): Promise<number> {
  const entry = findEntry(root, words[0]);
  if (entry === undefined) {
    process.stderr.write(
      `There is no entry file: name it (twinloop dev src/app.ts) or create src/app.ts in ${root}.\n`,
    );
    return 2;
  }
  const project = new Project(root, tsconfig === undefined ? {} : { tsconfig });
  const app = new AppProcess(root, entry);
  const refresh = async (changed: readonly string[]): Promise<void> => {
    const result = project.update(changed);
    if (result.problems.length > 0) return reportProblems(result.problems, root);
    writeManifest(root, result.manifest);
    reportSuccess(result, changed.length === 0 ? "ready" : "changed");
    await app.restart();
  };

  await refresh([]);
  const watcher = watchSources(root, () => project.files, refresh);
  await new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve());
  });
  await Promise.all([watcher.close(), app.stop()]);
  project.close();
  return 0;
}
