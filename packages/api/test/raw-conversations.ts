import type { IncomingMessage, ServerResponse } from "node:http";

/** What the client of a conversation does: sends bytes, waits for so many heads or events, leaves, or resets. */
export type Step = string | { readonly heads: number } | { readonly events: number } | "LEAVE" | "RESET";

/** One program that runs on `node:http` and on `api.raw`, and what a client says to both on one connection. */
export interface Conversation {
  readonly name: string;
  /** Answers what is asked at `/x`; `tell` notes an event, which must be the same on both. */
  readonly run?: (req: IncomingMessage, res: ServerResponse, tell: (event: string) => void) => unknown;
  readonly say: readonly Step[];
  /** How many heads the client gets in all, and how many events there are. */
  readonly heads: number;
  readonly events?: number;
  /** Whether the server closes the connection. */
  readonly closes?: boolean;
}

const ask = (target = "/x", method = "GET", headers = ""): string =>
  `${method} ${target} HTTP/1.1\r\nHost: a.test\r\n${headers}\r\n`;
const post = (body: string, headers = ""): string =>
  ask("/x", "POST", `Content-Length: ${body.length}\r\n${headers}`) + body;
const part = ask("/x", "POST", "Content-Length: 10\r\n") + "abc";

async function echo(req: IncomingMessage, res: ServerResponse): Promise<void> {
  let whole = "";
  for await (const piece of req) whole += piece as string;
  res.end(whole);
}

function watch(req: IncomingMessage, res: ServerResponse, tell: (event: string) => void): void {
  for (const event of ["end", "aborted", "close"]) req.on(event, () => tell(`req ${event}`));
  for (const event of ["finish", "close"]) res.on(event, () => tell(`res ${event}`));
}

const connections: readonly Conversation[] = [
  {
    name: "a connection is used again",
    run: echo,
    say: [ask("/hello"), { heads: 1 }, post("abc")],
    heads: 2,
  },
  { name: "two requests at once are answered in turn", say: [ask("/later") + ask("/hello")], heads: 2 },
  { name: "two bodies at once", run: echo, say: [post("abc") + post("de")], heads: 2 },
  {
    name: "a small body that nobody reads is skipped",
    run: (_, res) => void res.end("answered"),
    say: [post("hello") + ask("/hello")],
    heads: 2,
  },
  {
    name: "a client that asks to close",
    say: [ask("/hello", "GET", "Connection: close\r\n")],
    heads: 1,
    closes: true,
  },
  {
    name: "a handler that asks to close",
    run: (_, res) => void res.setHeader("connection", "close").end("bye"),
    say: [ask()],
    heads: 1,
    closes: true,
  },
  {
    name: "shouldKeepAlive",
    run: (_, res) => void ((res.shouldKeepAlive = false), res.end("bye")),
    say: [ask()],
    heads: 1,
    closes: true,
  },
  {
    name: "no body where there can be none, and the next answer behind it",
    run: (req, res) => {
      res.writeHead(Number(req.url!.split("/")[2]), { etag: '"a"' });
      res.write("a body");
      res.end("and more");
    },
    say: [ask("/x/204") + ask("/x/304") + ask("/hello")],
    heads: 3,
  },
  {
    name: "HEAD with the length of GET, and the next answer behind it",
    run: (_, res) => void res.writeHead(200, { "content-length": "7" }).end(),
    say: [ask("/x", "HEAD") + ask("/hello")],
    heads: 2,
  },
];

const expectations: readonly Conversation[] = [
  {
    name: "a body that waits for 100 Continue gets it when it is read",
    run: echo,
    say: [ask("/x", "POST", "Expect: 100-continue\r\nContent-Length: 2\r\n"), { heads: 1 }, "hi"],
    heads: 2,
  },
  {
    name: "102 and 103 before the answer",
    run: (_, res) => {
      res.writeProcessing();
      res.writeEarlyHints({ link: "</a.css>; rel=preload; as=style" });
      setTimeout(() => res.end("x"), 20);
    },
    say: [ask()],
    heads: 3,
  },
];

const timeouts: readonly Conversation[] = [
  {
    name: "a timeout of the response",
    run: (_, res, tell) => void res.setTimeout(30, () => (tell("timeout"), res.end("timed out"))),
    say: [ask()],
    heads: 1,
    events: 1,
  },
  {
    name: "a timeout of a request that is not complete",
    run: (req, res, tell) => void req.resume().setTimeout(30, () => (tell("timeout"), res.end("timed out"))),
    say: [part],
    heads: 1,
    events: 1,
  },
  {
    name: "a timeout of a complete request closes",
    run: (req, _, tell) => void req.setTimeout(30, () => tell("timeout")),
    say: [ask()],
    heads: 0,
    closes: true,
  },
  {
    name: "a timeout of the socket closes, and is heard",
    run: (req, _, tell) =>
      void req.socket.setTimeout(30).on("timeout", () => tell(`timeout ${req.socket.destroyed}`)),
    say: [ask()],
    heads: 0,
    events: 1,
    closes: true,
  },
  {
    name: "a timeout that nobody hears closes",
    run: (_, res) => void res.setTimeout(30),
    say: [ask()],
    heads: 0,
    closes: true,
  },
  {
    name: "a timeout that is taken back",
    run: (_, res, tell) => {
      res.setTimeout(30, () => tell("timeout"));
      res.setTimeout(0);
      setTimeout(() => res.end("fine"), 90);
    },
    say: [ask()],
    heads: 1,
  },
  {
    name: "a timeout begins anew with what moves",
    run: async (_, res, tell) => {
      res.setTimeout(600, () => tell("timeout"));
      for (let n = 0; n < 5; n++) {
        res.write("a");
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
      res.end();
    },
    say: [ask()],
    heads: 1,
  },
];

const ends: readonly Conversation[] = [
  {
    name: "the socket destroyed",
    run: (req, res, tell) => (watch(req, res, tell), req.socket.destroy()),
    say: [ask()],
    heads: 0,
    events: 3,
    closes: true,
  },
  {
    name: "the response destroyed with an error",
    run: (_, res, tell) => void res.on("error", ({ message }) => tell(message)).destroy(new Error("x")),
    say: [ask()],
    heads: 0,
    closes: true,
  },
  {
    name: "the response destroyed within its body",
    run: (_, res) => {
      res.writeHead(200, { "content-length": "10" }).write("abc");
      setTimeout(() => res.destroy(), 20);
    },
    say: [ask()],
    heads: 1,
    closes: true,
  },
  {
    name: "a write after the end is an error for who listens",
    run: (_, res, tell) => {
      res.on("error", ({ code }: NodeJS.ErrnoException) => tell(`error ${code}`));
      res.end("x");
      tell(`wrote ${res.write("late", (error) => tell(`write ${(error as NodeJS.ErrnoException).code}`))}`);
    },
    say: [ask() + ask("/hello")],
    heads: 2,
    events: 3,
  },
  {
    name: "an end after the end",
    run: (_, res, tell) => {
      res.on("error", ({ code }: NodeJS.ErrnoException) => tell(`error ${code}`));
      res.end("x");
      res.end();
      res.end("y", () => tell("called"));
    },
    say: [ask() + ask("/hello")],
    heads: 2,
    events: 2,
  },
  {
    name: "the events of a request and its response, in their order",
    run: (req, res, tell) => (watch(req, res, tell), req.resume(), res.end("x")),
    say: [ask()],
    heads: 1,
    events: 4,
  },
  {
    name: "a client that leaves while it waits",
    run: (req, res, tell) => {
      watch(req, res, tell);
      tell("begun");
    },
    say: [ask(), { events: 1 }, "LEAVE"],
    heads: 0,
    events: 4,
  },
  {
    name: "a client that resets while it waits",
    run: (req, res, tell) => {
      res.on("close", () =>
        tell(`close ${[res.destroyed, res.writableEnded, res.headersSent, req.aborted].join()}`),
      );
      tell("begun");
    },
    say: [ask(), { events: 1 }, "RESET"],
    heads: 0,
    events: 2,
  },
  {
    name: "an upload that breaks off",
    run: (req, _, tell) => {
      req.on("data", (piece: Buffer) => tell(String(piece)));
      req.on("aborted", () => tell("aborted"));
      req.on("error", ({ code }: NodeJS.ErrnoException) => tell(`error ${code}`));
      req.on("close", () => tell(`close ${[req.complete, req.readableAborted, req.destroyed].join()}`));
    },
    say: [part, { events: 1 }, "LEAVE"],
    heads: 0,
    events: 4,
  },
  {
    name: "an upload in chunks that breaks off in an iterator",
    run: async (req, _, tell) => {
      try {
        for await (const piece of req) tell(String(piece));
      } catch (error) {
        tell(`caught ${(error as NodeJS.ErrnoException).code}`);
      }
    },
    say: [ask("/x", "POST", "Transfer-Encoding: chunked\r\n") + "3\r\nabc\r\n", { events: 1 }, "RESET"],
    heads: 0,
    events: 2,
  },
];

const readers: readonly Conversation[] = [
  {
    name: "a reader by `readable`, in an encoding, one character at a time",
    run: (req, res, tell) => {
      let whole = "";
      req.setEncoding("latin1").on("readable", () => {
        for (let one; (one = req.read(1) as string | null) !== null; whole += one);
        if (whole.length === 3) tell("three");
      });
      req.on("end", () => res.end(`${whole.length}`));
    },
    say: [
      ask("/x", "POST", "Transfer-Encoding: chunked\r\n") + "3\r\nabc\r\n",
      { events: 1 },
      "2\r\nd\u00e9\r\n0\r\n\r\n",
    ],
    heads: 1,
    events: 1,
  },
  {
    name: "a piece that is put back",
    run: (req, res, tell) => {
      req.once("data", (piece: Buffer) => {
        req.pause();
        req.unshift(piece);
        tell("put back");
        void echo(req, res);
      });
    },
    say: [ask("/x", "POST", "Content-Length: 5\r\n") + "ab", { events: 1 }, "cde"],
    heads: 1,
    events: 1,
  },
];

/** The conversations. */
export const conversations: readonly Conversation[] = [
  ...connections,
  ...expectations,
  ...timeouts,
  ...ends,
  ...readers,
];
