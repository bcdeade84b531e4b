import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const command = fileURLToPath(new URL("../node_modules/@twinloop/cli/dist/main.js", import.meta.url));

test("every statement of the demo is what its migrations make it", async () => {
  const args = [command, "check", "--sql", "--root", root];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root });
  const [, statements] = /^sql: (\d+) statements/m.exec(stdout) ?? [];
  expect(Number(statements)).toBeGreaterThan(10);
  expect(stdout).not.toContain("not checked");
  expect(stdout).toContain("no problems");
});
