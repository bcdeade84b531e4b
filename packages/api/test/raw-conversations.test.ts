import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { api, start, stop } from "../dist/index.js";
import { conversations, type Conversation, type Step } from "./raw-conversations.ts";

// Each conversation on `node:http` and on `api.raw`, in one process: what is seen on both sides must be the same.

let current: Conversation | undefined;
let events: string[] = [];

function dispatch(req: IncomingMessage, res: ServerResponse): unknown {
  if (req.url === "/hello") return res.end("hello");
  if (req.url === "/later") return setTimeout(() => res.end("later"), 30);
  const seen = events;
  return current!.run!(req, res, (event) => void seen.push(event));
}

let node: Server;
let ports: readonly [node: number, ours: number];

beforeAll(async () => {
  node = createServer((req, res) => void dispatch(req, res));
  await once(node.listen(0, "127.0.0.1"), "listening");
  api.raw({ expose: true, method: "*", path: "/!rest" }, (req, res) => dispatch(req, res));
  const { url } = await start({ port: 0, signals: false, banner: false });
  ports = [(node.address() as AddressInfo).port, Number(new URL(url!).port)];
});

afterAll(async () => {
  node.closeAllConnections();
  node.close();
  await stop();
});

/** What both sides of a conversation have seen. */
interface Seen {
  readonly said: string;
  readonly closed: boolean;
  readonly events: readonly string[];
}

const IGNORED = /\r\n(?:x-request-id|date|x-content-type-options|keep-alive|connection: keep-alive)[^\r]*/gi;
const headsIn = (said: string): number => said.split("HTTP/1.1 ").length - 1;

/** What a server said, without what servers may choose: dates, names in capitals, the order and framing of an answer. */
function told(said: string): string {
  const heads = said.replaceAll(IGNORED, "").split(/(?=HTTP\/1\.1 )/);
  return heads
    .map((one) => {
      const [head = "", body = ""] = one.split("\r\n\r\n");
      const [status, ...headers] = head.split("\r\n");
      const rest = headers.map((line) => line.toLowerCase()).sort();
      return [status, ...rest, "", body].join("\n");
    })
    .join("\n---\n");
}

async function hold(
  port: number,
  { say, heads, events: count = 0, closes = false }: Conversation,
): Promise<Seen> {
  const seen = (events = []);
  const socket = connect(port, "127.0.0.1");
  let said = "";
  let closed = false;
  socket.setEncoding("latin1").on("data", (text: string) => (said += text));
  socket.on("error", () => undefined).on("close", () => (closed = true));
  const wait = (isThere: () => boolean): Promise<void> =>
    expect.poll(isThere, { timeout: 8_000, interval: 10 }).toBe(true);
  const step = async (one: Step): Promise<unknown> => {
    if (one === "LEAVE") return socket.destroy();
    if (one === "RESET") return socket.resetAndDestroy();
    if (typeof one === "string") return socket.write(one, "latin1");
    return wait(() => ("heads" in one ? headsIn(said) >= one.heads : seen.length >= one.events));
  };
  for (const one of say) await step(one);
  await wait(() => headsIn(said) >= heads && seen.length >= count && (closed || !closes));
  const isClosed = closed;
  // What should not come would come now.
  await new Promise((resolve) => setTimeout(resolve, 50));
  socket.destroy();
  return { said: told(said), closed: isClosed, events: [...seen] };
}

test.each(conversations.map((one) => [one.name, one] as const))("%s", async (_, conversation) => {
  current = conversation;
  const [expected, found] = [await hold(ports[0], conversation), await hold(ports[1], conversation)];
  expect(expected.events).toHaveLength(conversation.events ?? 0);
  expect(found).toEqual(expected);
});
