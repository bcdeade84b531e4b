/**
 * What this package brings to the `twinloop` command. Not for apps.
 *
 * @packageDocumentation
 */
import { clientCommand, type ClientCommand } from "./client-command.ts";

export { clientFile, type ClientFileOptions } from "./client-file.ts";
export type { ManifestOf } from "./ir.ts";

/** The command `client`. */
export const cli: { readonly commands: { readonly client: ClientCommand } } = {
  commands: { client: clientCommand },
};
