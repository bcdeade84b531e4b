import { existsSync, readFileSync, realpathSync, statSync } from "node:fs";
import { isBuiltin } from "node:module";
import { dirname, resolve } from "node:path";
import {
  fileAt,
  moduleFormat,
  resolveSource,
  transform,
  type TsconfigOf,
} from "@twinloop/compiler/source-code";
import type { Plugin } from "rolldown";

/** The files that are compiled; JavaScript is read as it is. */
const SOURCE = /\.(?:[cm]?tsx?|jsx)$/;

/** The value of a module that exports one value as a whole (`export =`), which only CommonJS has. */
const EXPORT_EQUALS = /^\s*export\s*=/m;

/**
 * A rolldown plugin that resolves and compiles the app's sources as the loader does, so that an app behaves the same
 * under `twinloop dev` and as built JavaScript. One instance serves one build.
 */
export class Sources {
  /** The absolute paths of other files that sources name by `new URL("./x", import.meta.url)`. */
  readonly assets: Set<string> = new Set();
  readonly #tsconfigs: TsconfigOf;
  readonly #format: "esm" | "cjs";
  /** Of each source of CommonJS that becomes a module. */
  readonly #globals: Map<string, readonly string[]> = new Map();

  constructor(tsconfigs: TsconfigOf, format: "esm" | "cjs") {
    this.#tsconfigs = tsconfigs;
    this.#format = format;
  }

  /**
   * The plugin itself. Packages stay imports, except for TypeScript of the same repository. Source: Rolldown, "Plugin
   * API".
   */
  plugin(): Plugin {
    const read = (path: string, add: (entry: string) => void): ReturnType<Sources["read"]> =>
      this.read(path, add);
    const find = (specifier: string, from: string): string | null =>
      resolveSource(specifier, from, this.#tsconfigs.of(from));
    return {
      name: "twinloop:sources",
      async resolveId(specifier, importer) {
        if (importer === undefined || isBuiltin(specifier)) return null;
        const found = find(specifier, importer);
        if (found !== null) return { id: found };
        if (/^\.{0,2}\//.test(specifier)) return null;
        // A package stays an import, unless it is TypeScript of the same repository, which Node would not run.
        const resolved = await this.resolve(specifier, importer, { skipSelf: true });
        if (resolved !== null && !resolved.external && isOwnSource(resolved.id))
          return { id: realpathSync(resolved.id) };
        return { id: specifier, external: true };
      },
      load(id) {
        const path = id.replace(/\?.*$/s, "");
        if (!SOURCE.test(path) || !existsSync(path)) return null;
        return read(path, (entry) => void this.emitFile({ type: "chunk", id: entry }));
      },
    };
  }

  /** Compiles a source to JavaScript; calls `add` for each file that the source starts a thread with. */
  read(path: string, add: (entry: string) => void): { code: string; map: string | null; moduleType: "js" } {
    const source = readFileSync(path, "utf8");
    const isCommonJs = moduleFormat(path, source) !== "module";
    const own = this.#format === "esm" && isCommonJs ? withOwnRequire(source) : source;
    const text = this.#withImports(path, this.#withUrls(path, own, add));
    const tsconfig = this.#tsconfigs.of(path);
    const format = EXPORT_EQUALS.test(text) ? "commonjs" : "module";
    const { code, map } = transform(path, text, tsconfig, format);
    if (this.#format === "esm" && isCommonJs) this.#globals.set(path, globalsIn(code));
    return { code, map: map === null ? null : JSON.stringify(map), moduleType: "js" };
  }

  /** Finds files named by `new URL("./x", import.meta.url)`: a source becomes an entry of its own, another file an asset. */
  #withUrls(path: string, source: string, add: (entry: string) => void): string {
    return source.replace(
      /(new URL\(\s*["'`])(\.{1,2}\/[^"'`$]+)(["'`]\s*,\s*import\.meta\.url\s*\))/g,
      (whole, before: string, name: string, after: string) => {
        const wanted = resolve(dirname(path), name);
        const target = SOURCE.test(name) || /\.[cm]?js$/.test(name) ? fileAt(wanted) : wanted;
        if (target === null || statSync(target, { throwIfNoEntry: false })?.isFile() !== true) return whole;
        if (!SOURCE.test(target)) {
          this.assets.add(target);
          return whole;
        }
        add(target);
        return before + name.replace(/\.[cm]?[jt]sx?$/, ".js") + after;
      },
    );
  }

  /** `import x = require("y")` as an import: of the whole, which a package of CommonJS has as its default. */
  #withImports(path: string, source: string): string {
    const form = /^([ \t]*)import\s+([\w$]+)\s*=\s*require\s*\(\s*(["'][^"']+["'])\s*\)/gm;
    return source.replace(form, (_, indent: string, name: string, quoted: string) => {
      const target = resolveSource(quoted.slice(1, -1), path, this.#tsconfigs.of(path));
      const isNamespace = target !== null && !EXPORT_EQUALS.test(readFileSync(target, "utf8"));
      return `${indent}import ${isNamespace ? `* as ${name}` : name} from ${quoted}`;
    });
  }

  /**
   * What CommonJS has and a module has not, to stand above the code of these sources: it is needed while they load.
   *
   * Shape: the sources of one written file -> lines of JavaScript, or an empty text.
   */
  globalsOf(paths: readonly string[]): string {
    const used = new Set(paths.flatMap((path) => this.#globals.get(path) ?? []));
    if (used.size === 0) return "";
    const lines = [
      'import { fileURLToPath as twinloopPath } from "node:url";',
      "var __filename = twinloopPath(import.meta.url);",
      'var __dirname = twinloopPath(new URL(".", import.meta.url)).replace(/[\\\\/]$/, "");',
    ];
    if (used.has("twinloopRequire")) {
      lines.push('import { createRequire as twinloopCreateRequire } from "node:module";');
      lines.push("var twinloopRequire = twinloopCreateRequire(import.meta.url);");
    }
    return lines.join("\n");
  }
}

/** The globals of CommonJS that a source uses; `require` of a literal is rolldown's. */
function globalsIn(code: string): string[] {
  const names = ["__filename", "__dirname", "twinloopRequire"];
  return names.filter((name) => new RegExp(`\\b${name}\\b`).test(code));
}

/**
 * Replaces what only the run can tell of `require`: rolldown's own looks from a folder of its own, so
 * `require(name)`, `require.resolve` and the like ask from where the written file lies. `require.main === module`
 * becomes `false`: no module of a build is `require.main`.
 */
function withOwnRequire(source: string): string {
  return source
    .replace(/(?<![.\w$])require\.main\s*===?\s*module\b|\bmodule\s*===?\s*require\.main\b/g, "false")
    .replace(
      /(?<![.\w$])require(?=\.(?:resolve|main|cache)\b|\((?!\s*(?:"[^"]*"|'[^']*'|`[^`$]*`)\s*\)))/g,
      "twinloopRequire",
    );
}

/**
 * Whether a resolved file is TypeScript that lies outside of `node_modules`, links resolved: a package of the same
 * workspace.
 */
function isOwnSource(id: string): boolean {
  try {
    return SOURCE.test(id) && !/[\\/]node_modules[\\/]/.test(realpathSync(id));
  } catch {
    return false;
  }
}
