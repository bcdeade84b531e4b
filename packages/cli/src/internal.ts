/**
 * What the command finds out about an app, as data: for other tools of development. Changes without notice.
 *
 * @packageDocumentation
 */
export { importRuntime } from "./app-package.ts";
export { readApp, type AppReading } from "./app-reading.ts";
export type { Arguments } from "./arguments.ts";
export { readDevFile, type DevFile } from "./dev-file.ts";
export {
  environmentState,
  type EnvironmentPlace,
  type EnvironmentState,
  type VariableState,
} from "./environment.ts";
export { packageClis, packageOfWord, type FoundCli } from "./package-clis.ts";
