import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

/**
 * Builds the pages into `dist/ui`, as files that the admin server sends under a policy of its own files alone: nothing is
 * inlined, and addresses are relative.
 */
export default defineConfig({
  root: fileURLToPath(new URL("src/ui", import.meta.url)),
  base: "./",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: fileURLToPath(new URL("dist/ui", import.meta.url)),
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0,
    cssCodeSplit: false,
    modulePreload: { polyfill: false },
    license: { fileName: "licenses.md" },
    reportCompressedSize: false,
  },
});
