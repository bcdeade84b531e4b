import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";

/**
 * Writes `dist/catalogue.json`: the declarators and commands of each package in this workspace. The compiler's hints
 * use the file, for example to name the package of a declarator or command that an app has not installed yet.
 */
const packages = new URL("../", import.meta.url);
const entries = readdirSync(packages).flatMap((folder) => {
  const { name, twinloop } = packageJson(new URL(`${folder}/package.json`, packages));
  if (twinloop === undefined) return [];
  const { declares, commands } = twinloop;
  /** @param {string} path */
  const read = (path) => JSON.parse(readFileSync(new URL(`${folder}/${path}`, packages), "utf8"));
  return [[name, { ...(declares && { declares: read(declares) }), ...(commands && { commands }) }]];
});
mkdirSync(new URL("dist/", import.meta.url), { recursive: true });
writeFileSync(
  new URL("dist/catalogue.json", import.meta.url),
  `${JSON.stringify(Object.fromEntries(entries))}\n`,
);

/** @param {URL} url @returns {{ name?: string, twinloop?: { declares?: string, commands?: string[] } }} */
function packageJson(url) {
  try {
    return JSON.parse(readFileSync(url, "utf8"));
  } catch {
    return {};
  }
}
