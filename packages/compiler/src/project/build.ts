import type { BuildResult } from "./build-result.ts";
import { Project, type ProjectOptions } from "./project.ts";

/** The options of `build`: those of a project. */
export type BuildOptions = ProjectOptions;

/**
 * Reads the app once and returns its manifest. Writes nothing.
 *
 * Shape:  the folder that contains package.json and will contain `.twinloop/` -> the manifest and all problems.
 * Units:  300 endpoints take about 1 s.
 * Errors: none for faults of the app, which are problems of the result.
 */
export async function build(projectRoot: string, options: BuildOptions = {}): Promise<BuildResult> {
  const project = new Project(projectRoot, options);
  try {
    return project.update();
  } finally {
    project.close();
  }
}
