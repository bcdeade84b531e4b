import { Project, type ProjectOptions } from "./project.ts";
import type { Manifest } from "./manifest.ts";
import type { Problem } from "./problem.ts";

export type BuildOptions = ProjectOptions;

export interface BuildResult {
  /** Complete only when there are no problems: what had one is left out. */
  manifest: Manifest;
  /** In the order of files and lines. A manifest with problems must not be written. */
  problems: Problem[];
  /** Of a first read with the load of TypeScript and the program. */
  durationMs: number;
}

/**
 * Reads the app once and returns its manifest; writes nothing.
 *
 * Shape:  the folder that holds package.json, and that `.twinloop/` goes into -> manifest and all problems together.
 * Units:  300 endpoints take about 1 s.
 * Errors: none for what is wrong in the app; those are problems.
 */
export async function build(projectRoot: string, options: BuildOptions = {}): Promise<BuildResult> {
  const project = new Project(projectRoot, options);
  try {
    return project.update();
  } finally {
    project.close();
  }
}
