export { build, type BuildOptions, type BuildResult } from "./build.ts";
export { Project, type ProjectOptions } from "./project.ts";
export { isStale } from "./is-stale.ts";
export { manifestPath, readManifest, writeManifest } from "./write-manifest.ts";
export { formatProblem, type FormatOptions } from "./format-problem.ts";
export type { Problem, ProblemCode } from "./problem.ts";
export type * from "./manifest.ts";
export { compilerVersion } from "./version.ts";
