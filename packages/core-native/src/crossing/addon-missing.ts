import { PUBLISHED_TRIPLES } from "./platform.ts";

/** Why no addon could be loaded. */
export interface AddonSearch {
  /** What was tried, each with the reason why it was not loaded. */
  readonly failures: readonly { readonly candidate: string; readonly reason: string }[];
  /** The triple of this machine. */
  readonly triple: string;
  /** The version of the loader, which the addon must have too; undefined where it is not known. */
  readonly version: string | undefined;
  /** The version of glibc that Node runs on, if it does. */
  readonly glibc: string | undefined;
}

/** Tells why an addon could not be loaded, and what to do: the package that is missing, or the reason why the one that is there does not load. */
export function describeMissingAddon({ failures, triple, version, glibc }: AddonSearch): string {
  const reasons = failures.map(({ reason }) => reason);
  if (reasons.some((reason) => reason.includes("loading addons is disabled")))
    return "Node refuses to load the addon of @twinloop/core-native: start it with --allow-addons.";
  const tried = failures.map(({ candidate, reason }) => `\n  ${candidate}: ${reason}`).join("");
  return `@twinloop/core-native has no addon for ${triple}. ${adviceFor(reasons, triple, version, glibc)} Tried:${tried}`;
}

function adviceFor(
  reasons: readonly string[],
  triple: string,
  version: string | undefined,
  glibc: string | undefined,
): string {
  const wanted = reasons.map((reason) => /GLIBC_(\d+\.\d+)/.exec(reason)?.[1]).find(Boolean);
  if (wanted !== undefined)
    return `The one that is installed needs glibc ${wanted}, and this system has ${glibc ?? "none"}: use an image or distribution with a newer one.`;
  if (!PUBLISHED_TRIPLES.some((published) => published === triple))
    return `There are addons for ${PUBLISHED_TRIPLES.join(", ")}; for another machine, build it from source (npm run build in the repository) and name it in TWINLOOP_ADDON.`;
  const name = `@twinloop/core-native-${triple}${version === undefined ? "" : `@${version}`}`;
  if (reasons.every(isAbsence))
    return (
      `The package ${name} is not installed. It is an optional dependency, which is left out by --omit=optional, by a lock file or node_modules ` +
      `that another kind of machine has written, and by bundling: remove node_modules and run npm install here, or name it (npm install ${name}).`
    );
  return `Reinstall ${name}, or name another build in TWINLOOP_ADDON.`;
}

function isAbsence(reason: string): boolean {
  return reason.startsWith("Cannot find module");
}
