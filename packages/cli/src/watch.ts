import { relative, sep } from "node:path";
import { watch, type FSWatcher } from "chokidar";

/** Changes that come within this time are one change: editors write a file in several steps. */
const GATHER_MS = 40;

const IGNORED = /(^|[/\\])(node_modules|dist|\.git|\.twinloop|\.turbo)([/\\]|$)/;

/**
 * Calls `onChange` with the changed paths (absolute), one call at a time.
 *
 * New files count when TypeScript would read them; others only when they are among `files`.
 */
export function watchSources(
  root: string,
  files: () => readonly string[],
  onChange: (changed: readonly string[]) => Promise<void>,
): FSWatcher {
  const changed = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let busy = false;

  const settle = async (): Promise<void> => {
    timer = undefined;
    if (busy) return schedule();
    busy = true;
    const paths = [...changed];
    changed.clear();
    await onChange(paths).finally(() => (busy = false));
  };
  const schedule = (): void => {
    timer ??= setTimeout(() => void settle(), GATHER_MS);
  };

  const ignored = (path: string): boolean => IGNORED.test(`${sep}${relative(root, path)}`);
  return watch(root, { ignored, ignoreInitial: true }).on("all", (event, path) => {
    const matters = /\.(ts|tsx|mts|cts)$/.test(path) || files().includes(path);
    if (!matters || event === "addDir" || event === "unlinkDir") return;
    changed.add(path);
    schedule();
  });
}
