import type { Component } from "../lifecycle/component.ts";
import { fedEnvironment } from "../environment/environment-file.ts";
import { log } from "../log/log.ts";
import { few, loadManifest } from "./manifest.ts";
import type { Manifest } from "@twinloop/schema";

/** Logs, once, differences between the manifest and the running app that do not keep the app from running. */
export function warnOfManifest(components: readonly Component[]): void {
  const { manifest, stale } = loadManifest();
  for (const remark of fedEnvironment.remarks)
    log.warn(`passed over a line of the environment's file: ${remark}`);
  if (stale.length > 0) {
    const message = `found files that differ from those the manifest was built from: ${few(stale)}; the app runs by the manifest`;
    log.warn(message, { files: stale, hint: "run `twinloop build` and deploy what it wrote with the code" });
  }
  const missing = manifest === undefined ? [] : notDeclared(manifest, components);
  if (missing.length === 0) return;
  const message = `found declarations that were not made before start(): ${few(missing)}; they do not run`;
  log.warn(message, {
    declarations: missing,
    hint: "import their modules before start() is called, and declare nothing after it",
  });
}

/** Lists declarations of the manifest that no component has, as `topic clicks (src/clicks.ts:3)`. */
function notDeclared({ endpoints, declarations }: Manifest, components: readonly Component[]): string[] {
  const own = components.flatMap(({ declared }) => declared?.() ?? []);
  const has = (from: string | undefined, what: string, name: string): boolean =>
    own.some((one) => one.what === what && (from ?? one.package) === one.package && one.names.includes(name));
  const routes = endpoints.map(({ methods, path, ...at }) => ({
    ...at,
    ...{
      package: undefined,
      what: "endpoint",
      noun: "endpoint",
      name: `${[...methods].sort().join(",")} ${path}`,
    },
  }));
  // A declaration whose owner is unknown is compared by its own name alone.
  const others = declarations
    // A service without options is only a name; one with options is refused where it is not loaded.
    .filter(({ within, provides }) => within !== null && provides !== "service")
    .map((one) => ({ ...one, name: one.within === undefined ? one.name : `${one.within}/${one.name}` }));
  return [...routes, ...others]
    .filter(({ package: from, what, name }) => !has(from, what, name))
    .map(({ noun, name, file, line }) => `${noun} ${name} (${file}:${line})`);
}
