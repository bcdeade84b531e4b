import { isThere } from "../is-there.ts";

/** The machines for which an addon is published, each in the package `@twinloop/core-native-<triple>`. */
export const PUBLISHED_TRIPLES = [
  "linux-x64-gnu",
  "linux-x64-musl",
  "linux-arm64-gnu",
  "linux-arm64-musl",
  "darwin-x64",
  "darwin-arm64",
  "win32-x64-msvc",
  "win32-arm64-msvc",
] as const;

/** The triples under which an addon for this machine may be published, the likeliest first. */
export function platformTriples(
  platform: string = process.platform,
  arch: string = process.arch,
  musl: boolean = runsOnMusl(),
): readonly [string, ...string[]] {
  if (platform === "linux") {
    return musl ? [`linux-${arch}-musl`, `linux-${arch}-gnu`] : [`linux-${arch}-gnu`, `linux-${arch}-musl`];
  }
  if (platform === "win32") return [`win32-${arch}-msvc`];
  return [`${platform}-${arch}`];
}

/**
 * Whether this Node is linked to musl. Distributions with glibc may have musl's loader beside theirs, so where it is there, Node
 * is asked what it runs on; elsewhere it is not, because its report takes milliseconds.
 */
function runsOnMusl(): boolean {
  if (process.platform !== "linux") return false;
  const machine = process.arch === "x64" ? "x86_64" : process.arch === "arm64" ? "aarch64" : process.arch;
  return isThere(`/lib/ld-musl-${machine}.so.1`) && glibcVersion() === undefined;
}

/** The version of glibc that this Node runs on, such as `2.36`; undefined where it runs on none. */
export function glibcVersion(): string | undefined {
  const report = process.report as typeof process.report & { excludeNetwork?: boolean };
  const before = report.excludeNetwork;
  // Without this the report resolves the name of every open socket.
  report.excludeNetwork = true;
  const { header } = report.getReport() as { header?: { glibcVersionRuntime?: string } };
  report.excludeNetwork = before ?? false;
  return header?.glibcVersionRuntime;
}
