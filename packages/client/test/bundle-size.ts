import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { rolldown } from "rolldown";

/** The sizes of a bundle for browsers, in bytes. */
export interface BundleSize {
  readonly minified: number;
  readonly gzipped: number;
  readonly code: string;
}

/** Bundles a program, as a page's build does, and measures it. Files that it imports may be given by their text. */
export async function bundleSize(
  program: string,
  files: Readonly<Record<string, string>> = {},
): Promise<BundleSize> {
  const texts = new Map(Object.entries({ ...files, entry: program }));
  const bundle = await rolldown({
    input: "entry",
    platform: "browser",
    cwd: fileURLToPath(new URL("..", import.meta.url)),
    resolve: { alias: { "@twinloop/client": fileURLToPath(new URL("../dist/index.js", import.meta.url)) } },
    plugins: [
      {
        name: "given",
        resolveId: (id) => (texts.has(id) ? `\0${id}` : null),
        load: (id) =>
          id.startsWith("\0") ? { code: texts.get(id.slice(1))!, moduleSideEffects: false } : null,
      },
    ],
  });
  const { output } = await bundle.generate({ format: "esm", minify: true });
  await bundle.close();
  const { code } = output[0];
  return { minified: code.length, gzipped: gzipSync(code, { level: 9 }).length, code };
}
