/**
 * What a package brings to the `twinloop` command: the module that its package.json names as `twinloop.cli`. Importing this
 * entry loads no addon and starts nothing. Not for apps: it changes without notice.
 *
 * @packageDocumentation
 */
export type {
  AppInventory,
  AppOnDisk,
  CheckedApp,
  CheckOutcome,
  Command,
  CommandFault,
  CommandLine,
  CommandOption,
  EnvironmentReport,
  OpenCheck,
  OptionValue,
  PackageCli,
  Provided,
  SourceCheck,
  SourceFault,
  Variable,
} from "./package-cli.ts";
export { declarationsIn, providersIn } from "../manifest/declarations-in.ts";
export { printed, AppProblem, Unclear, type Result } from "./result.ts";
export { table } from "./table.ts";
export { withOpen, type Closable } from "./with-open.ts";
export { count } from "./count.ts";
export type { DeclarationModel, Manifest } from "@twinloop/schema";
