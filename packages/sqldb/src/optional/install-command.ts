import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

/** Options of an install command. */
export interface InstallOptions {
  /** Whether the package is a development dependency. Default false. */
  readonly development?: boolean;
  /** The name of a transitive dependency whose install script is not needed. */
  readonly withoutScript?: string;
}

/** The command that installs a package, for the package manager of the app at this root. */
export function installCommand(root: string, wanted: string, options: InstallOptions = {}): string {
  const { development = false, withoutScript } = options;
  switch (packageManager(root)) {
    case "pnpm": {
      // pnpm fails until a package's install script is either allowed or denied.
      const denied = withoutScript === undefined ? "" : `'--allow-build=!${withoutScript}' `;
      return `pnpm add ${development ? "--save-dev " : ""}${denied}${wanted}`;
    }
    case "yarn":
      return `yarn add ${development ? "--dev " : ""}${wanted}`;
    case "bun":
      return `bun add ${development ? "--dev " : ""}${wanted}`;
    default:
      return `npm install ${development ? "--save-dev " : ""}${wanted}`;
  }
}

/** The files by which a package manager is known, in the order in which they are looked for. */
const LOCK_FILES = {
  "pnpm-lock.yaml": "pnpm",
  "pnpm-workspace.yaml": "pnpm",
  "yarn.lock": "yarn",
  "bun.lock": "bun",
  "package-lock.json": "npm",
} as const;

/**
 * The package manager of the nearest folder with such a file, from the root upwards, as in a workspace; `npm` where
 * there is none.
 */
function packageManager(root: string): string {
  for (let folder = root; ; folder = dirname(folder)) {
    for (const [file, manager] of Object.entries(LOCK_FILES)) {
      if (existsSync(join(folder, file))) return manager;
    }
    if (folder === dirname(folder)) return "npm";
  }
}
