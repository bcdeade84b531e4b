import { existsSync, readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";

/** A tsconfig and those it extends by a relative path. */
export function tsconfigChain(path: string): string[] {
  const chain: string[] = [];
  const pending = [path];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (chain.includes(next) || !existsSync(next)) continue;
    chain.push(next);
    const folder = dirname(next);
    pending.push(...extendedPaths(readFileSync(next, "utf8")).map((base) => resolve(folder, base)));
  }
  return chain;
}

/** A tsconfig may hold comments and trailing commas, so the one member is looked for in the text. */
function extendedPaths(text: string): string[] {
  const value = /"extends"\s*:\s*(\[[^\]]*\]|"[^"]*")/.exec(text)?.[1] ?? "";
  const paths = [...value.matchAll(/"(\.[^"]*)"/g)].map((match) => match[1] ?? "");
  return paths.map((path) => (path.endsWith(".json") ? path : `${path}.json`));
}

/** What an app without a tsconfig is read with: every source under a folder, strictly. */
export function withoutTsconfig(folder: string): {
  compilerOptions: object;
  include: string[];
  exclude: string[];
} {
  return {
    compilerOptions: {
      target: "ES2023",
      module: "NodeNext",
      moduleResolution: "NodeNext",
      strict: true,
      noEmit: true,
    },
    include: [`${folder}/**/*.ts`, `${folder}/**/*.mts`],
    exclude: ["node_modules", "dist", "build"].map((name) => `${folder}/${name}`),
  };
}
