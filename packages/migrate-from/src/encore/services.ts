import { isTest } from "../app-files.ts";
import type { Plan } from "../plan.ts";
import { folderOf } from "./bindings.ts";
import type { FileDeclarations } from "./declarations.ts";

/** A service: a folder with its name, and the modules that have its endpoints. */
export interface EncoreService {
  readonly name: string;
  readonly folder: string;
  /** The file that declares it. */
  readonly file: string;
  readonly modules: readonly FileDeclarations[];
}

/**
 * Finds the services of an app. A folder with endpoints outside of every service is one for Encore, by the folder's name; here
 * services are declared, so that it gets its `encore.service.ts`.
 */
export function findServices(all: readonly FileDeclarations[], plan: Plan): EncoreService[] {
  const loaded = all.filter(({ file }) => !isTest(file.path));
  const declared = loaded.flatMap(({ file, service }) =>
    service === null ? [] : [{ name: service, folder: folderOf(file.path), file: file.path }],
  );
  const implied = impliedFolders(
    loaded,
    declared.map(({ folder }) => folder),
  );
  for (const folder of implied) {
    const name = folder.slice(folder.lastIndexOf("/") + 1);
    const file = `${folder}/encore.service.ts`;
    plan.write(
      file,
      `import { Service } from "@twinloop/api/service";\n\nexport default new Service("${name}");\n`,
    );
    plan.note("created", file, 0, `the service "${name}", which Encore knows by its folder`);
    declared.push({ name, folder, file });
  }
  const rooted = loaded.find(
    ({ file, endpoints }) => endpoints.length > 0 && ownerOf(file.path, declared) === null,
  );
  if (rooted !== undefined) {
    const message =
      "these endpoints are in no service: Twinloop calls it by the name in package.json, also in default paths";
    plan.note("differs", rooted.file.path, rooted.endpoints[0]!.line, message);
  }
  return declared.map((service) => ({
    ...service,
    modules: loaded.filter(
      ({ file, endpoints }) =>
        endpoints.length > 0 && ownerOf(file.path, declared)?.folder === service.folder,
    ),
  }));
}

/** The folders that are services by what is in them: the outermost ones, the app's own folder aside. */
function impliedFolders(loaded: readonly FileDeclarations[], known: readonly string[]): string[] {
  const folders = new Set<string>();
  for (const { file, endpoints } of loaded) {
    const folder = folderOf(file.path);
    const isKnown = known.some((one) => isWithin(folder, one));
    if (endpoints.length > 0 && folder !== "" && !isKnown) folders.add(folder);
  }
  return [...folders].filter((one) => ![...folders].some((other) => other !== one && isWithin(one, other)));
}

/** The innermost service of a file; null where it is in none. */
function ownerOf<S extends { folder: string }>(path: string, services: readonly S[]): S | null {
  const around = services.filter(({ folder }) => isWithin(folderOf(path), folder));
  return around.sort((a, b) => b.folder.length - a.folder.length)[0] ?? null;
}

function isWithin(folder: string, outer: string): boolean {
  return outer === "" || folder === outer || folder.startsWith(`${outer}/`);
}
