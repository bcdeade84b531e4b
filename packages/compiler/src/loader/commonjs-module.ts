/**
 * Generates an ES module that wraps a CommonJS file, so that its exports can be imported by name. Node finds such names
 * in JavaScript only, and the file is TypeScript.
 *
 * Shape:  the file's absolute path and its compiled code -> the source of a module that requires the file.
 */
export function commonJsModule(path: string, code: string): string {
  const names = new Set<string>();
  for (const [, name] of code.matchAll(/\bexports\.([A-Za-z_$][\w$]*)\s*=/g)) names.add(name!);
  for (const [, name] of code.matchAll(/Object\.defineProperty\(exports, "([A-Za-z_$][\w$]*)"/g))
    names.add(name!);
  for (const name of ["default", "__esModule"]) names.delete(name);
  const all = [...names];
  const stars = [...code.matchAll(/__exportStar\(require\(("[^"]*")\), exports\)/g)];
  return [
    'import { createRequire as twinloopRequire } from "node:module";',
    `const twinloopModule = twinloopRequire(import.meta.url)(${JSON.stringify(path)});`,
    ...stars.map(([, from]) => `export * from ${from};`),
    ...all.map((name, index) => `const twinloop${index} = twinloopModule[${JSON.stringify(name)}];`),
    `export { ${["twinloopModule as default", ...all.map((name, index) => `twinloop${index} as ${name}`)].join(", ")} };`,
    "",
  ].join("\n");
}
