import { transformSync } from "oxc-transform";

/**
 * A TypeScript module as JavaScript, with its source map inline.
 *
 * Shape:  absolute path, text, code to put after the module's own -> JavaScript. Enums and parameter properties work.
 * Errors: a `SyntaxError` that names the file and shows the place.
 */
export function stripTypes(path: string, source: string, epilogue = ""): string {
  const result = transformSync(path, source, { sourcemap: true, sourceType: "module", target: "es2022" });
  const [error] = result.errors.filter(({ severity }) => String(severity) === "Error");
  if (error !== undefined) throw new SyntaxError(`${path}: ${error.message}\n${error.codeframe ?? ""}`);
  if (result.map === undefined) return result.code + epilogue;
  const map = Buffer.from(
    JSON.stringify({ ...result.map, sources: [path], sourcesContent: undefined }),
  ).toString("base64");
  return `${result.code}${epilogue}\n//# sourceMappingURL=data:application/json;base64,${map}\n`;
}
