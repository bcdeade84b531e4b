import { api, APIError, currentRequest, middleware, start } from "@twinloop/api";

/** Measures every endpoint that callers reach. */
const timing = middleware({ target: { expose: true } }, async (request, next) => {
  const began = performance.now();
  const response = await next(request);
  response.header.set("server-timing", `app;dur=${(performance.now() - began).toFixed(1)}`);
  return response;
});

/** Says in which language to answer; the handler finds it in `currentRequest().data`. */
const language = middleware(async (request, next) => {
  const meta = request.requestMeta;
  if (meta?.type === "api-call") {
    request.data["language"] = meta.header("accept-language")?.startsWith("de") ? "de" : "en";
  }
  return next(request);
});

/** Guards the endpoints with the tag `maintenance`. */
const maintenance = middleware({ target: { tags: ["maintenance"] } }, async () => {
  throw APIError.unavailable("closed for maintenance").withHeaders({ "retry-after": "60" });
});

/** Greets in the caller's language. */
export const hello = api(
  { expose: true, method: "GET", path: "/hello" },
  async (): Promise<{ text: string }> => ({
    text: currentRequest()?.data["language"] === "de" ? "Guten Tag!" : "Good day!",
  }),
);

/** Never runs while its tag is guarded. */
export const rebuild = api(
  { expose: true, method: "POST", path: "/rebuild", tags: ["maintenance"] },
  async (): Promise<{ done: boolean }> => ({ done: true }),
);

await start({ middlewares: [timing, language, maintenance] });
