import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../setup/command.mjs";
import { code, table } from "./table.mjs";

/** @param {string} file relative to the checkout @returns {string} */
const read = (file) => readFileSync(join(root, file), "utf8");

/** Writes the page that leads to the API documentation of both languages. @returns {string} */
export function programmingPage() {
  const packages = readdirSync(join(root, "packages")).map((folder) => {
    const { name, description } = JSON.parse(read(`packages/${folder}/package.json`));
    return [`[${code(name)}](/packages/${folder})`, description];
  });
  const crates = readdirSync(join(root, "crates")).map((folder) => {
    const manifest = read(`crates/${folder}/Cargo.toml`);
    const name = /^name = "(.+)"/m.exec(manifest)?.[1] ?? folder;
    const about =
      /^description = "(.+)"/m.exec(manifest)?.[1] ??
      /^\/\/! (.+)/m.exec(read(`crates/${folder}/src/lib.rs`))?.[1] ??
      "";
    return [`[${code(name)}](https://github.com/twinloop/twinloop/tree/main/crates/${folder})`, about];
  });
  return `# API documentation

Each exported type, function and method of the packages has a doc comment: your editor shows it, and <a href="/typedoc/index.html" target="_self">the pages of typedoc</a> list them all, with links to the sources.

${table(["package", "what it is"], packages)}

## Rust

The crates are the runtime's inside and are not published: an app has no use for them. Their documentation is made by \`cargo doc --workspace --no-deps --open\` in a checkout.

${table(["crate", "what it is"], crates)}
`;
}
