import { isThere } from "../is-there.ts";

/** The triples under which an addon for this machine may be published, the likeliest first. */
export function platformTriples(
  platform: string = process.platform,
  arch: string = process.arch,
  musl: boolean = hasMuslLoader(),
): readonly string[] {
  if (platform === "linux") {
    const libcs = musl ? ["musl", "gnu"] : ["gnu", "musl"];
    return libcs.map((libc) => `linux-${arch}-${libc}`);
  }
  if (platform === "win32") return [`win32-${arch}-msvc`];
  return [`${platform}-${arch}`];
}

function hasMuslLoader(): boolean {
  if (process.platform !== "linux") return false;
  const machine = process.arch === "x64" ? "x86_64" : process.arch === "arm64" ? "aarch64" : process.arch;
  return isThere(`/lib/ld-musl-${machine}.so.1`);
}
