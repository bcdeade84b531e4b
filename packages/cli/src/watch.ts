import { relative, sep } from "node:path";
import { watch, type FSWatcher } from "chokidar";

/** The time within which several changes count as one, because editors write a file in several steps. */
const GATHER_MS = 40;

/** The names of the `.env` files, which lie in the app's root. */
const ENVIRONMENT = /^\.env(\.local)?$/;

/** Folders that hold no sources, or what a build writes. */
const IGNORED = /(^|[/\\])(node_modules|dist|\.git|\.twinloop|\.turbo)([/\\]|$)/;

/**
 * Calls `onChange` with the changed paths (absolute), one call at a time: changes during a call are gathered for the
 * next.
 *
 * New files count when TypeScript would read them; others only when they are among `files`, are `.env` files of
 * the root, or concern what else follows them. Closing the returned watcher ends the watch.
 */
export function watchSources(
  root: string,
  files: () => readonly string[],
  onChange: (changed: readonly string[]) => Promise<void>,
  concerns: (path: string) => boolean = () => false,
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
  const watcher = watch(root, { ignored, ignoreInitial: true });
  watcher.on("error", (error) => {
    process.stderr.write(
      `failed to watch ${root}: ${error instanceof Error ? error.message : String(error)}\n`,
    );
  });
  return watcher.on("all", (event, path) => {
    const isSource = /\.(ts|tsx|mts|cts)$/.test(path) || files().includes(path);
    const matters = isSource || ENVIRONMENT.test(relative(root, path)) || concerns(path);
    if (!matters || event === "addDir" || event === "unlinkDir") return;
    changed.add(path);
    schedule();
  });
}
