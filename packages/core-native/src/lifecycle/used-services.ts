import { loadManifest, type LoadedManifest } from "../manifest/manifest.ts";
import { serviceOfFile } from "../work/service.ts";
import type { Component } from "./component.ts";

/**
 * The services that this isolate has declarations of, by the manifest. A test imports a part of its app: services of which it has
 * imported nothing are no concern of it.
 */
export function usedServices(
  components: readonly Component[],
  { manifest }: LoadedManifest = loadManifest(),
): ReadonlySet<string> {
  const used = new Set<string>();
  if (manifest === undefined) return used;
  const names = new Set(
    components.flatMap(({ declared }) => (declared?.() ?? []).flatMap((one) => one.names)),
  );
  for (const { methods, path, service } of manifest.endpoints) {
    if (names.has(`${[...methods].sort().join(",")} ${path}`)) used.add(service);
  }
  for (const { name, within, file } of manifest.declarations) {
    const service = serviceOfFile(file, manifest);
    const isUsed = names.has(within === undefined || within === null ? name : `${within}/${name}`);
    if (service !== undefined && isUsed) used.add(service);
  }
  return used;
}
