/** The package managers that apps are made for. */
export const INSTALLERS = ["npm", "pnpm", "yarn", "bun"] as const;

/** The name of a package manager, as it is typed. */
export type InstallerName = (typeof INSTALLERS)[number];

/** Whether a text names a package manager. */
export function isInstaller(text: string): text is InstallerName {
  return (INSTALLERS as readonly string[]).includes(text);
}

/** A package manager in the commands of an app. */
export interface Installer {
  readonly name: InstallerName;
  /** The version, as far as it is known: `4.18.1`. */
  readonly version: string | undefined;
  /** Runs a script of package.json: `npm run`. */
  readonly run: string;
  /** Runs the `twinloop` command of the app, and nothing else of that name: `npx @twinloop/cli`. */
  readonly twinloop: string;
  /** Adds a package for development: `npm install --save-dev`. */
  readonly addDev: string;
  /** The files that fix the versions of packages, as a Dockerfile copies them. */
  readonly lockFiles: readonly string[];
  /** What an image needs before its packages can be installed; `undefined` where Node brings it along. */
  readonly setUp: string | undefined;
  /** Installs all that the lock file says, and fails where the lock file does not fit package.json. */
  readonly installLocked: string;
  /** Installs what the lock file says without what only development needs. */
  readonly installProduction: string;
}

/**
 * Reads the package manager that runs this program.
 *
 * Shape: npm's user agent, which all of them set: `pnpm/12.21.0 npm/? node/v20.19.0 linux x64` -> its name and version; npm
 *        without one.
 */
export function runningInstaller(agent: string | undefined): { name: InstallerName; version?: string } {
  const [, name = "", version] = /^(\w+)\/(\S+)/.exec(agent ?? "") ?? [];
  if (!isInstaller(name) || version === undefined) return { name: "npm" };
  return { name, version };
}

/** Describes a package manager at a version. */
export function installerOf(name: InstallerName, version: string | undefined): Installer {
  const major = Number.parseInt(version ?? "", 10);
  if (name === "yarn" && major >= 2) return { ...MODERN_YARN, version };
  const { setUp } = KNOWN[name];
  // An image gets the major version by which the lock file was written.
  const known = setUp !== undefined && major > 0 ? `${setUp}@${major}` : setUp;
  return { ...KNOWN[name], version, setUp: known };
}

type Described = Omit<Installer, "version">;

/** Yarn from version 2 on, whose commands differ from those of Yarn 1. */
const MODERN_YARN: Described = {
  name: "yarn",
  run: "yarn",
  twinloop: "yarn twinloop",
  addDev: "yarn add --dev",
  lockFiles: ["yarn.lock", ".yarnrc.yml"],
  setUp: "corepack enable",
  installLocked: "yarn install --immutable",
  installProduction: "yarn workspaces focus --production",
};

/** The package managers by name; `yarn` is Yarn 1. */
const KNOWN: Readonly<Record<InstallerName, Described>> = {
  npm: {
    name: "npm",
    run: "npm run",
    twinloop: "npx @twinloop/cli",
    addDev: "npm install --save-dev",
    lockFiles: ["package-lock.json"],
    setUp: undefined,
    installLocked: "npm ci",
    installProduction: "npm ci --omit=dev",
  },
  pnpm: {
    name: "pnpm",
    run: "pnpm run",
    twinloop: "pnpm exec twinloop",
    addDev: "pnpm add --save-dev",
    lockFiles: ["pnpm-lock.yaml", "pnpm-workspace.yaml"],
    setUp: "npm install --global pnpm",
    installLocked: "pnpm install --frozen-lockfile",
    installProduction: "pnpm install --frozen-lockfile --prod",
  },
  yarn: {
    name: "yarn",
    run: "yarn",
    twinloop: "yarn twinloop",
    addDev: "yarn add --dev",
    lockFiles: ["yarn.lock"],
    setUp: undefined,
    installLocked: "yarn install --frozen-lockfile",
    installProduction: "yarn install --frozen-lockfile --production",
  },
  bun: {
    name: "bun",
    run: "bun run",
    twinloop: "bun run twinloop",
    addDev: "bun add --dev",
    lockFiles: ["bun.lock"],
    setUp: "npm install --global bun",
    installLocked: "bun install --frozen-lockfile",
    installProduction: "bun install --frozen-lockfile --production",
  },
};
