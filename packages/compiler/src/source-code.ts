/**
 * Resolution and compilation of sources, shared by the loader and bundlers.
 *
 * @packageDocumentation
 */
export { fileAt, resolveSource } from "./loader/resolve-source.ts";
export { moduleFormat } from "./loader/module-format.ts";
export { transform } from "./loader/transform.ts";
export type { ModuleFormat, Transformed } from "./loader/transpile.ts";
export { TsconfigOf, type LoadedTsconfig } from "./loader/tsconfig-of.ts";
export { findTsconfig } from "./typescript/tsconfig.ts";
