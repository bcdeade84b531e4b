import { traceFetch, untraceFetch } from "./outgoing-fetch.ts";
import { traceHttp, untraceHttp } from "./outgoing-http.ts";
import { exceptHosts, type FetchOptions } from "./outgoing-span.ts";

/** Makes requests to other servers carry the trace of the operation or span that makes them, whichever client of Node's sends them. */
export function traceOutgoing(options: FetchOptions | boolean = true): void {
  untraceOutgoing();
  if (options === false) return;
  exceptHosts(typeof options === "object" ? (options.except ?? []) : []);
  traceFetch();
  traceHttp();
}

/** Ends what `traceOutgoing` has begun. */
export function untraceOutgoing(): void {
  untraceFetch();
  untraceHttp();
}
