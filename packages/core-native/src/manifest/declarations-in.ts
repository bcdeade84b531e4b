import type { DeclarationModel, Manifest } from "@twinloop/schema";

/** Lists the declarations of one kind in a manifest; empty without a manifest. */
export function declarationsIn(
  manifest: Manifest | undefined,
  home: string,
  what: string,
): readonly DeclarationModel[] {
  return manifest?.declarations.filter((one) => one.package === home && one.what === what) ?? [];
}

/** The declarations that are so to other packages, whichever package brings them: `postgres` for the app's databases. */
export function providersIn(manifest: Manifest | undefined, provided: string): readonly DeclarationModel[] {
  return manifest?.declarations.filter(({ provides }) => provides === provided) ?? [];
}
