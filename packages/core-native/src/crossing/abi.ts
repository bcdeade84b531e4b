import { TwinloopError } from "../errors/error.ts";
import { ABI } from "./frame.ts";

/**
 * Called by every primitive when it is imported, with the interface number it was built for.
 *
 * Errors: `addon_mismatch` when the packages have different versions.
 */
export function requireAbi(packageName: string, builtFor: number): void {
  if (builtFor === ABI) return;
  throw new TwinloopError(
    "addon_mismatch",
    `${packageName} was built for interface ${builtFor}, but the installed @twinloop/core-native has ${ABI}. ` +
      "All @twinloop packages must have the same version: reinstall them together.",
  );
}
