import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";

const PACKAGE = fileURLToPath(new URL("..", import.meta.url));
const CORE = fileURLToPath(new URL("../../core-native", import.meta.url));

test("the package as it is published runs on plain Node", () => {
  const folder = mkdtempSync(join(tmpdir(), "twinloop-packed-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const installed = join(folder, "node_modules/@twinloop");
  mkdirSync(join(installed, "objects"), { recursive: true });
  const packed = execFileSync("npm", ["pack", "--json", "--pack-destination", folder], { cwd: PACKAGE });
  const [{ filename, files }] = JSON.parse(String(packed)) as [
    { filename: string; files: { path: string }[] },
  ];
  execFileSync("tar", [
    "-xzf",
    join(folder, filename),
    "--strip-components=1",
    "-C",
    join(installed, "objects"),
  ]);
  symlinkSync(CORE, join(installed, "core-native"));
  writeFileSync(
    join(folder, "app.mjs"),
    `import { Bucket, start, stop } from "@twinloop/objects";
     const films = new Bucket("films");
     await start({ banner: false });
     await films.upload("arrival.mp4", "frames");
     for await (const { name, size } of films.list()) console.log(name, size);
     await stop();`,
  );
  const printed = execFileSync(process.execPath, ["app.mjs"], { cwd: folder, encoding: "utf8" });
  expect(printed).toBe("arrival.mp4 6\n");
  const paths = files.map(({ path }) => path);
  expect(paths).toEqual(
    expect.arrayContaining(["README.md", "declares.json", "dist/index.js", "package.json"]),
  );
  expect(paths.filter((path) => path.includes(".test.") || path.startsWith("src/"))).toEqual([]);
});
