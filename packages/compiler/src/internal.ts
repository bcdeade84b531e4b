/**
 * The program of an app with TypeScript's own checker, for checks that other packages bring. Changes without notice.
 *
 * @packageDocumentation
 */
export { lineOf } from "./problems/line-of.ts";
export { packageOf } from "./project/package-of.ts";
export { relativePath } from "./project/relative-path.ts";
export { isTest } from "./project/source-listing.ts";
export { AppProgram, type AppProgramOptions } from "./typescript/app-program.ts";
