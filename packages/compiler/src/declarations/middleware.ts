import { awaitedMembers } from "./response.ts";
import type { Declaration } from "./declaration.ts";
import type { TypeReader } from "../types/type-reader.ts";

/** Reports a middleware that is no function, and one whose type says that it may return nothing. */
export function checkMiddleware(reader: TypeReader, { call, location }: Declaration): void {
  const { source } = reader;
  const node = call.arguments?.at(-1);
  const type = node === undefined ? null : source.typeAt(node);
  // A middleware of type any is looked at when it runs.
  if (type !== null && source.shape(type).kind === "any") return;
  const signature = type === null ? null : source.signature(type);
  const site = {
    location: node === undefined ? location : headOf(source.location(node)),
    path: "middleware",
  };
  const form = "Write `middleware(async (request, next) => { …; return await next(request); })`.";
  if (signature === null) {
    reader.report(site, "handler_not_callable", "The last argument of a middleware must be a function", form);
    return;
  }
  const returned = awaitedMembers(source, signature.returns).map((type) => source.shape(type).kind);
  if (!returned.includes("undefined")) return;
  const how = returned.every((kind) => kind === "undefined") ? "returns nothing" : "may return nothing";
  const hint = "Return the response of `await next(request)`, or a `new HandlerResponse(…)`.";
  reader.report(site, "response_missing", `This middleware ${how}, so the caller would get no answer`, hint);
}

/** The first word of a function instead of its whole text. */
function headOf<L extends { start: number; end: number }>(location: L): L {
  return { ...location, end: Math.min(location.end, location.start + 5) };
}
