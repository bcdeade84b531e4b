import { APIError } from "./api-error.ts";
import { readAnswer } from "./answer.ts";
import type { CallOptions, ClientSettings } from "./client-options.ts";
import { readEvents, type ServerEvent } from "./event-reader.ts";
import { sleep } from "./retry.ts";
import { send } from "./send.ts";

/** The options of an event stream beside those of a call. */
export interface EventOptions extends CallOptions {
  /** The id of the last event that was received before, such as in another visit. */
  readonly lastEventId?: string | undefined;
  /** Whether to connect again after the stream has ended or broken off. Default true, as browsers do. */
  readonly reconnect?: boolean | undefined;
  /** The milliseconds before the first connection again, until the app says otherwise. Default 1,000; doubled to 30 s at most. */
  readonly retryDelay?: number | undefined;
  /** How many connections may fail one after another. Default 10; then the last failure is thrown. */
  readonly reconnects?: number | undefined;
}

/** Follows an event stream. `revived` puts dates, bigints and bytes in their places, by the content type of the stream. */
export async function* follow(
  settings: ClientSettings,
  route: string,
  input: unknown,
  options: EventOptions,
  revived: (event: { data: unknown }, contentType: string) => unknown,
): AsyncGenerator<unknown, void> {
  const { reconnect = true, reconnects = 10, signal = new AbortController().signal } = options;
  const end = new AbortController();
  const stop = AbortSignal.any([signal, end.signal]);
  let { lastEventId, retryDelay = 1_000 } = options;
  let failures = 0;
  try {
    for (let hasBegun = false; ;) {
      try {
        const headers = {
          accept: "text/event-stream",
          ...options.headers,
          "last-event-id": lastEventId,
        };
        const call = { timeout: 0, retry: false as const, ...options, signal: stop, headers };
        const { response, failed } = await send(settings, route, input, call, async (response, failed) => {
          if (response.status !== 204 && !isStream(response)) throw await otherAnswer(route, response);
          return { response, failed };
        });
        // The way in which a stream says that nothing more will come.
        if (response.status === 204) return;
        hasBegun = true;
        for await (const event of readEvents(response.body!, failed)) {
          failures = 0;
          if (event.id !== undefined) lastEventId = event.id;
          if (event.retry !== undefined) retryDelay = event.retry;
          if (event.text === undefined) continue;
          yield eventOf(event, (data) => revived({ data: JSON.parse(data) }, typeOf(response)));
        }
        if (!reconnect) return;
      } catch (error) {
        if (!reconnect || !hasBegun || !mayPass(error) || ++failures > reconnects) throw error;
      }
      await pause(retryDelay * 2 ** Math.max(failures - 1, 0), stop);
    }
  } finally {
    end.abort();
  }
}

function eventOf(
  { text = "null", event, id, retry }: ServerEvent,
  revived: (data: string) => unknown,
): object {
  return {
    ...(revived(text) as object),
    ...(event !== undefined && { event }),
    ...(id !== undefined && { id }),
    ...(retry !== undefined && { retry }),
  };
}

/** The content type of an answer; empty without one. */
function typeOf({ headers }: Response): string {
  return headers.get("content-type") ?? "";
}

function isStream(response: Response): boolean {
  return response.ok && /^text\/event-stream\b/.test(typeOf(response));
}

/** Throws what an answer says that is no stream. */
async function otherAnswer(route: string, response: Response): Promise<unknown> {
  await readAnswer(route, response);
  return new APIError("foreign_answer", `${route}: the answer is no event stream`, {
    httpStatus: response.status,
  });
}

/** Whether another connection may succeed where this one did not. */
function mayPass(error: unknown): boolean {
  if (!(error instanceof APIError)) return false;
  return error.code === "network_error" || error.httpStatus >= 500 || error.httpStatus === 429;
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(Math.min(ms, 30_000), signal).catch((cause: unknown) => {
    throw new APIError("canceled", "the caller gave the events up", { cause });
  });
}
