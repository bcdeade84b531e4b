export { build, type BuildOptions } from "./project/build.ts";
export type { BuildResult } from "./project/build-result.ts";
export { exportedType, type ExportedType, type NamedPlace } from "./project/exported-type.ts";
export { Project, type ProjectOptions } from "./project/project.ts";
export { Catalogue } from "./imports/catalogue.ts";
export { packageOfCommand } from "./imports/built-beside.ts";
export { installedPackages } from "./imports/installed-packages.ts";
export type { NamedPackage } from "./project/package-of.ts";
export { isStale } from "./project/is-stale.ts";
export { manifestPath, readManifest, writeManifest } from "./project/write-manifest.ts";
export { formatProblem, type FormatOptions } from "./problems/format-problem.ts";
export { countProblems, sortProblems } from "./problems/problem.ts";
export type { Problem, ProblemCode } from "./problems/problem.ts";
export type {
  DeclarationModel,
  EndpointModel,
  Manifest,
  ManifestInputs,
  Node,
  TypeIndex,
} from "@twinloop/core-native/build-time";
export { compilerVersion } from "./project/version.ts";
