import { signal } from "@preact/signals";
import { createParser } from "eventsource-parser";
import type { LiveEvent } from "../../contract.ts";
import { asFailure, readFailure, type Failure } from "./failure.ts";
import { apiUrl } from "./http.ts";
import { readLiveEvent, waitMs } from "./live-event.ts";
import { bearer, token, wantsToken } from "./token.ts";

/**
 * Where the stream of events is: `connecting` at first, `live` while it is open, `reconnecting` after it has ended, `refused`
 * where the app answers and gives no stream.
 */
export type Connection = "connecting" | "live" | "reconnecting" | "refused";

/** The state of the one stream of events of this page. */
export const connection = signal<Connection>("connecting");

/** Why the app gives no stream; `null` otherwise. */
export const refusal = signal<Failure | null>(null);

/** How often a stream was opened; lists load anew when it grows, for nothing is told of the time between streams. */
export const streams = signal(0);

/** How long a stream may be silent, in milliseconds: the admin server sends a comment every 15 s. */
const SILENCE_MS = 50_000;
/** How long to wait after a refusal, in milliseconds. */
const REFUSED_MS = 10_000;

/**
 * Reads `/api/live` for as long as the page lives. `EventSource` sends no `authorization`, so the stream is fetched. A
 * stream that ends, as at each restart of the app, is opened again; a page that is looked at again does not wait.
 */
export async function followLive(onEvent: (event: LiveEvent) => void): Promise<never> {
  let failures = 0;
  for (;;) {
    const ended = await readStream(onEvent);
    if (wantsToken.value) {
      await tokenAccepted();
      continue;
    }
    failures = ended === "closed" ? 1 : failures + 1;
    connection.value = ended === "refused" ? "refused" : "reconnecting";
    await pause(ended === "refused" ? REFUSED_MS : waitMs(failures));
  }
}

/** Opens the stream and reads it to its end: `closed` where it was open, `failed` where nobody answered. */
async function readStream(onEvent: (event: LiveEvent) => void): Promise<"closed" | "failed" | "refused"> {
  const silence = new AbortController();
  let timer = setTimeout(() => silence.abort(), SILENCE_MS);
  const heard = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => silence.abort(), SILENCE_MS);
  };
  let isOpen = false;
  try {
    const headers = { accept: "text/event-stream", ...bearer(token.value) };
    const response = await fetch(apiUrl("live"), { headers, cache: "no-store", signal: silence.signal });
    if (response.status === 401) {
      wantsToken.value = true;
      return "refused";
    }
    if (!response.ok || response.body === null) {
      refusal.value = readFailure(response.status, await response.json().catch(() => null));
      return "refused";
    }
    isOpen = true;
    refusal.value = null;
    connection.value = "live";
    streams.value += 1;
    await readEvents(response.body, heard, onEvent);
    return "closed";
  } catch (error) {
    // A stream breaks off with a TypeError, as a connection does that is refused; an error of a listener is a fault of ours.
    if (!asFailure(error).isDisconnected && !silence.signal.aborted) reportError(error);
    return isOpen ? "closed" : "failed";
  } finally {
    clearTimeout(timer);
  }
}

async function readEvents(
  body: ReadableStream<Uint8Array>,
  heard: () => void,
  onEvent: (event: LiveEvent) => void,
): Promise<void> {
  const parser = createParser({
    onEvent: ({ event, data }) => {
      const read = readLiveEvent(event, data);
      if (read !== null) onEvent(read);
    },
  });
  const decoder = new TextDecoder();
  const reader = body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    heard();
    parser.feed(decoder.decode(value, { stream: true }));
  }
}

function tokenAccepted(): Promise<void> {
  return new Promise((resolve) => {
    const stop = wantsToken.subscribe((wants) => {
      if (wants) return;
      resolve();
      queueMicrotask(() => stop());
    });
  });
}

/** Waits; a page that is looked at again waits no longer. */
function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", seen);
      resolve();
    };
    const seen = (): void => {
      if (!document.hidden) end();
    };
    const timer = setTimeout(end, ms);
    document.addEventListener("visibilitychange", seen);
  });
}
