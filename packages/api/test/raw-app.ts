/** An app of raw endpoints in both styles, behind an auth handler and middlewares. */
export const rawApp = `
import { api, APIError, authHandler, currentRequest, Gateway, getAuthData, HandlerResponse, middleware, start } from "@twinloop/api";
import type { Header } from "@twinloop/api";
import { pipeline } from "node:stream/promises";

interface Known { userID: string }
export const token = authHandler<{ authorization: Header<"Authorization"> }, Known>(async ({ authorization }) =>
  authorization === "Bearer ada" ? { userID: "ada" } : null,
);
export const gateway = new Gateway({ authHandlers: { token } });

const marks = middleware({ target: { isRaw: true } }, async (request, next) => {
  request.data["mark"] = request.rawRequest!.method;
  request.rawResponse!.setHeader("x-mark", "raw");
  return next(request);
});
const typed = middleware({ target: { isRaw: false } }, async (request, next) => {
  const response = await next(request);
  response.header.set("x-mark", "typed");
  return response;
});
const forbids = middleware({ target: { tags: ["forbidden"] } }, async () => { throw APIError.permissionDenied("not here"); });
const answers = middleware({ target: { tags: ["answered"] } }, async (request) => {
  request.rawResponse!.writeHead(203).end("by a middleware");
  return new HandlerResponse(undefined);
});
const keepsStill = middleware({ target: { tags: ["still"] } }, async () => new HandlerResponse({ from: "a middleware" }));

const any = { expose: true, method: "*" } as const;
const who = (style: string, url: string): object => {
  const { data, type } = currentRequest()!;
  return { style, url, type, user: getAuthData<Known>()?.userID ?? null, mark: data["mark"] };
};

export const nodeWho = api.raw({ ...any, path: "/node/who", auth: true }, async (req, res) => {
  await null;
  const { encrypted } = req.socket as typeof req.socket & { encrypted: boolean };
  res.writeHead(200, { "content-type": "application/json", "x-mark": [String(res.getHeader("x-mark")), "own"] });
  res.end(JSON.stringify(who("node", \`\${encrypted ? "https" : "http"}://\${req.headers.host}\${req.url}\`)));
});
export const fetchWho = api.raw({ ...any, path: "/fetch/who", auth: true }, async (request: Request) => {
  await null;
  return Response.json(who("fetch", request.url), { headers: [["set-cookie", "a=1"], ["set-cookie", "b=2"]] });
});

export const nodeEcho = api.raw({ ...any, path: "/node/echo", bodyLimit: null }, (req, res) => pipeline(req, res));
export const fetchEcho = api.raw({ ...any, path: "/fetch/echo", bodyLimit: null }, async ({ body }: Request) => new Response(body));

const piece = Buffer.alloc(64 << 10, 7);
const make = (style: string) => {
  let made = 0;
  return (): Buffer => {
    if (++made % 16 === 0) console.log(style + " gave a MiB");
    return piece;
  };
};
export const nodeFlood = api.raw({ ...any, path: "/node/flood", timeout: "60s" }, async (_req, res) => {
  const next = make("node");
  let resume: (value?: unknown) => void = () => undefined;
  res.on("drain", () => resume());
  res.on("close", () => (console.log("node flood closed"), resume()));
  while (!res.destroyed) {
    if (!res.write(next())) await new Promise((resolve) => (resume = resolve));
  }
});
export const fetchFlood = api.raw({ ...any, path: "/fetch/flood", timeout: "60s" }, () => {
  const next = make("fetch");
  return new Response(new ReadableStream({ pull: (to) => to.enqueue(next()), cancel: () => console.log("fetch flood closed") }));
});

const told = (): Promise<void> => new Promise((resolve) => {
  const channel = new BroadcastChannel("go on");
  channel.onmessage = () => (channel.close(), resolve());
});
export const goOn = api.raw({ ...any, path: "/go-on" }, () => {
  const channel = new BroadcastChannel("go on");
  channel.postMessage(null);
  channel.close();
  return new Response(null, { status: 204 });
});
export const nodeSlow = api.raw({ ...any, path: "/node/slow", bodyLimit: null, timeout: "60s" }, (req, res) => {
  let size = 0;
  req.on("data", (data: Buffer) => {
    size += data.length;
    if (size > data.length) return;
    req.pause();
    console.log("node has the first piece");
    void told().then(() => req.resume());
  });
  req.on("end", () => res.end(String(size)));
});
export const fetchSlow = api.raw({ ...any, path: "/fetch/slow", bodyLimit: null, timeout: "60s" }, async ({ body }: Request) => {
  const reader = body!.getReader();
  let size = (await reader.read()).value!.length;
  console.log("fetch has the first piece");
  await told();
  for (let next = await reader.read(); !next.done; next = await reader.read()) size += next.value.length;
  return new Response(String(size));
});
export const nodeUpload = api.raw({ ...any, path: "/node/upload" }, (req, res) => {
  req.once("data", () => console.log("node reads")).on("end", () => res.end("whole"));
  req.on("close", () => console.log("node upload closed: " + [req.complete, req.aborted]));
});
export const fetchUpload = api.raw({ ...any, path: "/fetch/upload" }, async (request: Request) => {
  console.log("fetch reads");
  try { return new Response(await request.text()); } catch (error) { console.log("fetch upload closed: " + (error as Error).message); throw error; }
});

export const nodeWait = api.raw({ ...any, path: "/node/wait" }, (req, res) => {
  console.log("node waits");
  res.on("close", () => console.log("node left " + [req.destroyed, res.writableFinished, currentRequest()!.signal!.aborted]));
});
export const fetchWait = api.raw({ ...any, path: "/fetch/wait" }, async (request: Request) => {
  console.log("fetch waits");
  await new Promise((resolve) => request.signal.addEventListener("abort", resolve));
  console.log("fetch left " + request.signal.reason.message);
  request.signal.throwIfAborted();
  return new Response("late");
});

export const nodeForbidden = api.raw({ ...any, path: "/node/forbidden", tags: ["forbidden"] }, (_req, res) => void res.end("ran"));
export const fetchForbidden = api.raw({ ...any, path: "/fetch/forbidden", tags: ["forbidden"] }, () => new Response("ran"));
export const nodeAnswered = api.raw({ ...any, path: "/node/answered", tags: ["answered"] }, (_req, res) => void res.end("ran"));
export const fetchAnswered = api.raw({ ...any, path: "/fetch/answered", tags: ["answered"] }, () => new Response("ran"));
export const nodeStill = api.raw({ ...any, path: "/node/still", tags: ["still"] }, (_req, res) => void res.end("ran"));
export const fetchStill = api.raw({ ...any, path: "/fetch/still", tags: ["still"] }, () => new Response("ran"));

const app = await start({ banner: false, middlewares: [marks, typed, forbids, answers, keepsStill] });
console.log("listening " + app.url);
`;
