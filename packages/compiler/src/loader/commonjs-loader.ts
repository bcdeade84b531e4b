import { readFileSync } from "node:fs";
import Module from "node:module";
import { moduleFormat } from "./module-format.ts";
import { resolveSource } from "./resolve-source.ts";
import { transform, withInlineMap } from "./transform.ts";
import type { TsconfigOf } from "./tsconfig-of.ts";

/** The parts of Node's CommonJS loader that are replaced; in common use, though not in its types. */
interface CommonJs {
  _extensions: Record<string, (module: Compiled, path: string) => void>;
  _resolveFilename(request: string, parent: { filename?: string } | undefined, ...rest: unknown[]): string;
}

interface Compiled {
  _compile(code: string, path: string): void;
}

/** Makes `require` in this thread load TypeScript, resolved and compiled as the module loader does it. */
export function registerCommonJs(tsconfigs: TsconfigOf): void {
  const loader = Module as unknown as CommonJs;
  const resolveFilename = loader._resolveFilename;
  loader._resolveFilename = (request, parent, ...rest) => {
    const from = parent?.filename;
    if (from !== undefined && !isInPackage(from)) {
      const found = resolveSource(request, from, tsconfigs.of(from));
      if (found !== null) return found;
    }
    return resolveFilename.call(Module, request, parent, ...rest);
  };
  for (const extension of [".ts", ".cts", ".tsx", ".jsx"]) {
    const before = loader._extensions[extension];
    loader._extensions[extension] = (module, path) => {
      if (before !== undefined && isInPackage(path)) return before(module, path);
      const text = readFileSync(path, "utf8");
      // Node chooses the linking of a required module by its text.
      const format = moduleFormat(path, text);
      module._compile(withInlineMap(transform(path, text, tsconfigs.of(path), format)), path);
    };
  }
}

function isInPackage(path: string): boolean {
  return /[\\/]node_modules[\\/]/.test(path);
}
