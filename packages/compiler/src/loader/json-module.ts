/**
 * Generates an ES module from a JSON file: the value is the default export, and members with valid names are exports
 * too, as with TypeScript's `resolveJsonModule`.
 *
 * Errors: a `SyntaxError` that names the file.
 */
export function jsonModule(path: string, text: string): string {
  const value = parse(path, text.replace(/^\uFEFF/, ""));
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  const names = isObject ? Object.keys(value).filter((name) => isImportable(name)) : [];
  // Parsed at run time, because `__proto__` in an object literal has another meaning.
  const lines = names.map((name, index) => `const m${index} = value[${JSON.stringify(name)}];`);
  const exported = names.map((name, index) => `m${index} as ${name}`);
  return [
    `const value = JSON.parse(${JSON.stringify(JSON.stringify(value))});`,
    ...lines,
    `export { ${["value as default", ...exported].join(", ")} };`,
    "",
  ].join("\n");
}

function parse(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new SyntaxError(`${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function isImportable(name: string): boolean {
  return /^[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*$/u.test(name) && name !== "default";
}
