import type ts from "typescript-6";
import type { Tsconfig } from "../typescript/tsconfig.ts";
import { typescript6 } from "../typescript/typescript6-module.ts";

/** The format in which a module is linked. */
export type ModuleFormat = "module" | "commonjs";

/** Compiled JavaScript, with a source map whose only source is the file. */
export interface Transformed {
  readonly code: string;
  readonly map: object | null;
}

type CompilerOptions = NonNullable<Tsconfig["config"]["compilerOptions"]>;

/**
 * Compiles a TypeScript file by TypeScript itself: decorators of both kinds, metadata, CommonJS.
 *
 * Shape:  each file alone, as with `isolatedModules`; helpers are written into the file that needs them.
 */
export function transpile(
  path: string,
  source: string,
  given: CompilerOptions,
  format: ModuleFormat,
): Transformed {
  const compiler = typescript6();
  const { outputText, sourceMapText } = compiler.transpileModule(source, {
    fileName: path,
    reportDiagnostics: false,
    compilerOptions: compilerOptions(compiler, given, format),
  });
  const map = sourceMapText === undefined ? null : (JSON.parse(sourceMapText) as object);
  const code = outputText.replace(/\r?\n\/\/# sourceMappingURL=[^\n]*\s*$/, "\n");
  return { code, map: map === null ? null : { ...map, sourceRoot: "", sources: [path] } };
}

function compilerOptions(
  compiler: typeof ts,
  given: CompilerOptions,
  format: ModuleFormat,
): ts.CompilerOptions {
  const { jsx = "react-jsx", jsxFactory, jsxFragmentFactory, jsxImportSource } = given;
  const { options } = compiler.convertCompilerOptionsFromJson(
    { jsx: jsx === "preserve" || jsx === "react-native" ? "react-jsx" : jsx },
    ".",
  );
  return {
    ...options,
    ...(jsxFactory === undefined ? {} : { jsxFactory }),
    ...(jsxFragmentFactory === undefined ? {} : { jsxFragmentFactory }),
    ...(jsxImportSource === undefined ? {} : { jsxImportSource }),
    target: compiler.ScriptTarget.ES2022,
    module: format === "module" ? compiler.ModuleKind.ESNext : compiler.ModuleKind.CommonJS,
    esModuleInterop: given.esModuleInterop ?? true,
    experimentalDecorators: given.experimentalDecorators === true,
    emitDecoratorMetadata: given.emitDecoratorMetadata === true,
    strictNullChecks: given.strictNullChecks ?? given.strict ?? true,
    useDefineForClassFields: definesFields(given),
    verbatimModuleSyntax: format === "module" && given.verbatimModuleSyntax === true,
    isolatedModules: true,
    sourceMap: true,
    ignoreDeprecations: "6.0",
  };
}

/** Whether class fields are defined as in ES2022; TypeScript's default depends on the target. */
export function definesFields({ useDefineForClassFields, target, module }: CompilerOptions): boolean {
  if (useDefineForClassFields !== undefined) return useDefineForClassFields;
  if (target === undefined) return module === undefined || /^(?:node|esnext|preserve)/i.test(module);
  return /^es(?:next|20(?:2[2-9]|[3-9]\d))$/i.test(target);
}
