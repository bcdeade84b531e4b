import { existsSync } from "node:fs";
import { join } from "node:path";
import { build, manifestPath, readManifest, type Manifest } from "@twinloop/compiler";
import { AppProblem } from "@twinloop/core-native/cli";

/**
 * Returns the app's manifest for commands that ask about an app: compiled from its sources where they exist, else as
 * it was built. A production image has no sources. Nothing is written; problems of the sources do not keep the rest
 * from being read.
 *
 * Errors: `AppProblem` where there are neither sources nor a manifest.
 */
export async function appManifest(root: string, tsconfig: string | undefined): Promise<Manifest> {
  const built = readManifest(root);
  const sources = Object.keys(built?.sources ?? {});
  if (built && sources.length > 0 && !sources.some((path) => existsSync(join(root, path)))) return built;
  const { manifest } = await build(root, tsconfig === undefined ? {} : { tsconfig });
  if (!built && Object.keys(manifest.sources).length === 0) {
    throw new AppProblem(
      `There are neither sources nor ${manifestPath(root)}: name the app's folder with --root, or copy .twinloop/ into the image.`,
    );
  }
  return manifest;
}
