import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { api, start, stop } from "../dist/index.js";
import { bytesOf, exchange, readAnswer } from "./raw-client.ts";
import { programs } from "./raw-programs.ts";

// Each program on `node:http` and on `api.raw`, in one process, with the same bytes: the answers must be the same.

let node: Server;
let nodePort = 0;
let ourPort = 0;

function dispatch(req: IncomingMessage, res: ServerResponse): unknown {
  const name = Buffer.from(String(req.headers["x-case"]), "hex").toString();
  delete req.headers["x-case"];
  return programs.find((program) => program.name === name)!.run(req, res);
}

beforeAll(async () => {
  node = createServer((req, res) => void dispatch(req, res));
  await new Promise<void>((resolve) => node.listen(0, "127.0.0.1", resolve));
  nodePort = (node.address() as AddressInfo).port;
  api.raw({ expose: true, method: "*", path: "/!rest" }, dispatch);
  const app = await start({ port: 0, signals: false, banner: false });
  ourPort = Number(new URL(app.url!).port);
});

afterAll(async () => {
  node.close();
  await stop();
});

test.each(programs.map((program) => [program.name, program] as const))("%s", async (_, program) => {
  const bytes = bytesOf(program);
  const expected = readAnswer(await exchange(nodePort, bytes), program.method);
  const found = readAnswer(await exchange(ourPort, bytes), program.method);
  expect(found).toEqual(expected);
});
