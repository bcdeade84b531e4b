import type { BuildResult } from "./build.ts";
import { compilerVersion } from "./version.ts";

export interface ProjectOptions {
  /** Path of the tsconfig, relative to the project root. Default the nearest tsconfig.json upwards. */
  tsconfig?: string;
}

/**
 * An app that stays loaded, so that an edit costs only what it touches.
 *
 * `update()` reads everything the first time, and afterwards what `changedFiles` (absolute or relative to the root;
 * also created and deleted ones) can have changed. `files` are the sources to watch. `close` is idempotent.
 */
export class Project {
  readonly root: string;

  constructor(root: string, options: ProjectOptions = {}) {
    this.root = root;
    void options;
  }

  /** Absolute paths of the sources and configuration that the manifest depends on. */
  get files(): readonly string[] {
    return [];
  }

  update(changedFiles: readonly string[] = []): BuildResult {
    void changedFiles;
    const empty = { topics: [], subscriptions: [], databases: [], crons: [], secrets: [] };
    return {
      manifest: { version: 1, compiler: compilerVersion, sources: {}, types: [], endpoints: [], ...empty },
      problems: [],
      durationMs: 0,
    };
  }

  close(): void {}
}
