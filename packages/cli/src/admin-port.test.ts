import { once } from "node:events";
import { createServer } from "node:net";
import { expect, test } from "vitest";
import { freeAdminPort, isFree } from "./admin-port.ts";

test("a port that is in use is passed over", async () => {
  const port = (await freeAdminPort())!;
  expect(port).toBeGreaterThanOrEqual(4040);
  const server = createServer().listen(port, "127.0.0.1");
  await once(server, "listening");
  expect(await isFree(port)).toBe(false);
  expect(await freeAdminPort()).toBeGreaterThan(port);
  server.close();
  await once(server, "close");
  expect(await isFree(port)).toBe(true);
});

test("the app's own port is passed over", async () => {
  const port = (await freeAdminPort())!;
  expect(await freeAdminPort([port])).not.toBe(port);
});
