import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { createFilesMatcher, createPathsMatcher, type PathsMatcher } from "get-tsconfig";
import { projectsOf, readTsconfig, type Tsconfig } from "../typescript/tsconfig.ts";

/** A tsconfig with the data that the loader needs. */
export interface LoadedTsconfig extends Tsconfig {
  /** The candidates that `paths` and `baseUrl` give for a specifier; null without either. */
  readonly places: PathsMatcher | null;
}

interface Project extends LoadedTsconfig {
  readonly has: (file: string) => boolean;
}

/**
 * Finds the tsconfig that a file is compiled by: the one from the options, otherwise the nearest above the file; of a
 * solution, the project that contains the file.
 */
export class TsconfigOf {
  readonly #asked: string | undefined;
  readonly #byFolder = new Map<string, readonly Project[]>();

  constructor(asked?: string) {
    this.#asked = asked;
  }

  /** Finds the tsconfig that covers a source file; `null` if there is none above the file. */
  of(file: string): LoadedTsconfig | null {
    const projects = this.#above(this.#asked === undefined ? dirname(file) : this.#asked);
    return projects.find(({ has }) => projects.length > 1 && has(file)) ?? projects[0] ?? null;
  }

  #above(folder: string): readonly Project[] {
    const known = this.#byFolder.get(folder);
    if (known !== undefined) return known;
    const path = folder === this.#asked ? folder : join(folder, "tsconfig.json");
    const isEnd = dirname(folder) === folder || /[\\/]node_modules$/.test(folder);
    const found = existsSync(path) ? loadProjects(path) : isEnd ? [] : this.#above(dirname(folder));
    this.#byFolder.set(folder, found);
    return found;
  }
}

function loadProjects(path: string): Project[] {
  const inner = projectsOf(path, new Set());
  return (inner.length > 0 ? inner : [path]).flatMap((project) => {
    const tsconfig = readTsconfig(project);
    if (tsconfig === null) return [];
    const matches = createFilesMatcher(tsconfig);
    const has = (file: string): boolean => matches(file.replaceAll("\\", "/")) !== undefined;
    return [{ ...tsconfig, places: createPathsMatcher(tsconfig), has }];
  });
}

/** Finds the alternative locations of a path under `rootDirs`, whose folders count as one. */
export function rootDirPlaces({ path, config }: Tsconfig, wanted: string): string[] {
  const folders = (config.compilerOptions?.rootDirs ?? []).map((folder) => resolve(dirname(path), folder));
  const own = folders.find((folder) => wanted.startsWith(join(folder, "/")));
  if (own === undefined) return [];
  return folders.filter((folder) => folder !== own).map((folder) => join(folder, wanted.slice(own.length)));
}
