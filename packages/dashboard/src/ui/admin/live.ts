import { signal } from "@preact/signals";
import { createParser } from "eventsource-parser";
import type { LiveEvent } from "../../contract.ts";
import { apiUrl } from "./http.ts";
import { readLiveEvent, waitMs } from "./live-event.ts";
import { bearer, token, wantsToken } from "./token.ts";

/** Where the stream of events is: `connecting` at first, then `live`, and `reconnecting` whenever it has ended. */
export type Connection = "connecting" | "live" | "reconnecting";

/** The state of the one stream of events of this page. */
export const connection = signal<Connection>("connecting");

/** How often a stream was opened; lists load anew when it grows, for nothing is told of the time between streams. */
export const streams = signal(0);

/**
 * Reads `/api/live` for as long as the page lives. `EventSource` sends no `authorization`, so the stream is fetched. A
 * stream that ends, as at each restart of the app, is opened again; a page that is looked at again does not wait.
 */
export async function followLive(onEvent: (event: LiveEvent) => void): Promise<never> {
  let failures = 0;
  for (;;) {
    const hasOpened = await readStream(onEvent);
    failures = hasOpened ? 1 : failures + 1;
    if (connection.value === "live") connection.value = "reconnecting";
    else if (failures > 1) connection.value = "reconnecting";
    await (wantsToken.value ? tokenAccepted() : pause(waitMs(failures)));
  }
}

async function readStream(onEvent: (event: LiveEvent) => void): Promise<boolean> {
  try {
    const headers = { accept: "text/event-stream", ...bearer(token.value) };
    const response = await fetch(apiUrl("live"), { headers, cache: "no-store" });
    if (response.status === 401) wantsToken.value = true;
    if (!response.ok || response.body === null) return false;
    connection.value = "live";
    streams.value += 1;
    await readEvents(response.body, onEvent);
    return true;
  } catch {
    return connection.value === "live";
  }
}

async function readEvents(
  body: ReadableStream<Uint8Array>,
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

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    const go = (): void => {
      if (document.hidden) return;
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", go);
      resolve();
    };
    const timer = setTimeout(() => {
      document.removeEventListener("visibilitychange", go);
      resolve();
    }, ms);
    document.addEventListener("visibilitychange", go);
  });
}
