import { dirname } from "node:path";
import type { Manifest } from "@twinloop/schema";
import { problem, type Problem } from "../errors/error.ts";
import type { CodePlace } from "../manifest/call-site.ts";
import { providersIn } from "../manifest/declarations-in.ts";
import { loadManifest, type LoadedManifest } from "../manifest/manifest.ts";
import type { Middleware } from "./middleware.ts";

/** The options of a service. Primitives add their own to them. */
export interface ServiceConfig {
  /** The middlewares that run around the service's handlers, in this order, after those of `start()`. */
  readonly middlewares?: readonly Middleware[];
}

/** A service as it was declared in this isolate. */
export interface DeclaredService {
  readonly name: string;
  readonly config: ServiceConfig;
  readonly site: CodePlace | undefined;
}

const declared: DeclaredService[] = [];

/** Adds a service to those of this isolate. */
export function declareService(service: DeclaredService): void {
  declared.push(service);
}

/** The services of this isolate, in the order of their declaration. */
export function services(): readonly DeclaredService[] {
  return declared;
}

/** The options of a service; empty where this isolate has no such service. */
export function serviceConfig(name: string | undefined): ServiceConfig {
  return declared.find((service) => service.name === name)?.config ?? {};
}

/**
 * The service that a source belongs to: the one that is declared nearest above it.
 *
 * Shape:  the path of a source from the app's root, as the manifest has it -> the name; `undefined` without a service.
 */
export function serviceOfFile(file: string, manifest: Manifest | undefined): string | undefined {
  const folders = providersIn(manifest, "service").map(({ name, file: own }) => ({
    name,
    folder: dirname(own),
  }));
  const above = folders.filter(({ folder }) => folder === "." || file.startsWith(`${folder}/`));
  above.sort((one, other) => depth(other.folder) - depth(one.folder));
  return above[0]?.name;
}

function depth(folder: string): number {
  return folder === "." ? 0 : folder.length;
}

/** A declaration as it is looked for: its kind, its name, and what it belongs to where that is of importance. */
interface Sought {
  readonly what: string;
  readonly name: string;
  readonly within?: string;
}

/** The services that were found, by manifest and declaration: contexts ask for theirs at each run. */
const found = new WeakMap<Manifest, Map<string, string | undefined>>();

/** The service of a declaration that is no endpoint, such as a subscription, by its place in the manifest. */
export function serviceOfDeclaration(
  sought: Sought,
  { manifest }: LoadedManifest = loadManifest(),
): string | undefined {
  if (manifest === undefined) return undefined;
  const { what, name, within } = sought;
  const known = found.get(manifest) ?? new Map<string, string | undefined>();
  found.set(manifest, known);
  const key = within === undefined ? `${what}\n${name}` : `${what}\n${name}\n${within}`;
  if (!known.has(key)) known.set(key, findService(sought, manifest));
  return known.get(key);
}

function findService({ what, name, within }: Sought, manifest: Manifest): string | undefined {
  const model = manifest.declarations.find(
    (one) => one.what === what && one.name === name && (within === undefined || one.within === within),
  );
  return model && serviceOfFile(model.file, manifest);
}

/**
 * Finds services of the manifest that have options and that no loaded module declares: their middlewares would be passed
 * over without a word. With `used`, only of these.
 */
export function unloadedServices(
  { manifest }: LoadedManifest = loadManifest(),
  used?: ReadonlySet<string>,
): Problem[] {
  return providersIn(manifest, "service")
    .filter(({ name, options }) => Object.keys(options).length > 0 && !isDeclared(name))
    .filter(({ name }) => used === undefined || used.has(name))
    .map(({ name, file, line, options }) => {
      const message = `the service ${name} (${file}:${line}) is not loaded, so its ${Object.keys(options).join(", ")} would have no effect`;
      return problem("config_invalid", message, `Import "${file}" where the app starts.`);
    });
}

function isDeclared(name: string): boolean {
  return declared.some((service) => service.name === name);
}
