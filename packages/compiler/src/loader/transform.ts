import { transformSync, type JsxOptions, type TransformOptions } from "oxc-transform";
import type { Tsconfig } from "../typescript/tsconfig.ts";
import { definesFields, transpile, type ModuleFormat, type Transformed } from "./transpile.ts";

type CompilerOptions = NonNullable<Tsconfig["config"]["compilerOptions"]>;

/**
 * Compiles a TypeScript or JSX file to JavaScript that Node runs, by its tsconfig.
 *
 * Shape:  absolute path, text, tsconfig, format -> JavaScript of ES2022 and its source map. Supports enums, namespaces,
 * parameter properties, JSX, and decorators of both kinds with their metadata.
 * Errors: a `SyntaxError` that names the file and shows the place.
 * Units:  decorators, `using`, CommonJS and class fields before ES2022 need TypeScript itself, which takes 0.3 s to load.
 */
export function transform(
  path: string,
  source: string,
  tsconfig: Tsconfig | null,
  format: ModuleFormat = "module",
): Transformed {
  const options = tsconfig?.config.compilerOptions ?? {};
  if (/\.[cm]?tsx?$/.test(path) && needsTypescript(source, options, format)) {
    checkSyntax(path, source);
    return transpile(path, source, options, format);
  }
  const result = transformSync(path, source, oxcOptions(options));
  throwSyntaxError(path, result.errors);
  return { code: result.code, map: result.map === undefined ? null : { ...result.map, sources: [path] } };
}

/** Whether a file uses syntax that oxc does not compile, or compiles otherwise than TypeScript. */
function needsTypescript(source: string, options: CompilerOptions, format: ModuleFormat): boolean {
  if (format === "commonjs") return true;
  const code = withoutTexts(source);
  return (
    /(?:^|[\s(){};,])@[A-Za-z_$(]/m.test(code) ||
    // For `using`, oxc imports its helpers from a package that the app does not have.
    /(?:^|[\s(){};])using\s+[\w$]+\s*(?:[=:]|of\b)/m.test(code) ||
    /^\s*(?:export\s+)?import\s+[\w$]+\s*=\s*require\s*\(|^\s*export\s*=/m.test(code) ||
    (!definesFields(options) && /\bclass\b/.test(code))
  );
}

/** The source without comments and plain strings; templates stay. Removing too much only costs time. */
function withoutTexts(source: string): string {
  return source.replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/g, '""');
}

function oxcOptions(options: CompilerOptions): TransformOptions {
  const { verbatimModuleSyntax, preserveValueImports, importsNotUsedAsValues } =
    options as CompilerOptions & {
      preserveValueImports?: boolean;
      importsNotUsedAsValues?: string;
    };
  const keepsImports =
    verbatimModuleSyntax === true || preserveValueImports === true || importsNotUsedAsValues === "preserve";
  return {
    sourcemap: true,
    sourceType: "module",
    target: "es2022",
    typescript: {
      onlyRemoveTypeImports: keepsImports,
      ...(options.jsxFactory === undefined ? {} : { jsxPragma: options.jsxFactory }),
      ...(options.jsxFragmentFactory === undefined ? {} : { jsxPragmaFrag: options.jsxFragmentFactory }),
    },
    jsx: jsxOptions(options),
  };
}

/** The JSX options. `preserve` is for a later tool, which Node does not have: it becomes `react-jsx`. */
function jsxOptions({ jsx, jsxFactory, jsxFragmentFactory, jsxImportSource }: CompilerOptions): JsxOptions {
  if (jsx === "react" || (jsx === undefined && jsxFactory !== undefined)) {
    return {
      runtime: "classic",
      ...(jsxFactory === undefined ? {} : { pragma: jsxFactory }),
      ...(jsxFragmentFactory === undefined ? {} : { pragmaFrag: jsxFragmentFactory }),
    };
  }
  return {
    runtime: "automatic",
    development: jsx === "react-jsxdev",
    ...(jsxImportSource === undefined ? {} : { importSource: jsxImportSource }),
  };
}

function checkSyntax(path: string, source: string): void {
  throwSyntaxError(path, transformSync(path, source, { sourceType: "unambiguous", jsx: "preserve" }).errors);
}

function throwSyntaxError(path: string, errors: ReturnType<typeof transformSync>["errors"]): void {
  const error = errors.find(({ severity }) => String(severity) === "Error");
  if (error !== undefined) throw new SyntaxError(`${path}: ${error.message}\n${error.codeframe ?? ""}`);
}

/** The code followed by its source map. */
export function withInlineMap({ code, map }: Transformed): string {
  if (map === null) return code;
  const text = Buffer.from(JSON.stringify({ ...map, sourcesContent: undefined })).toString("base64");
  return `${code}\n//# sourceMappingURL=data:application/json;base64,${text}\n`;
}
