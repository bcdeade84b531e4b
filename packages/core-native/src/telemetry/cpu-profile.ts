import { setTimeout as sleep } from "node:timers/promises";
import type { Session } from "node:inspector";
import { APIError } from "../errors/error.ts";

/** The pause between two samples. */
const SAMPLE_MICROSECONDS = 1000;

/**
 * Profiles the CPU time of this isolate and returns the JSON of a `.cpuprofile`, as the developer tools of browsers read it.
 *
 * Units:  ends after `seconds`, or when `signal` aborts; later where the event loop is blocked. The inspector is loaded at the first
 *         call, because its mere load costs memory.
 * Errors: `unimplemented` in a Node that was built without its inspector.
 */
export async function cpuProfile(seconds: number, signal: AbortSignal): Promise<string> {
  const session = await openSession();
  try {
    await post(session, "Profiler.enable");
    await post(session, "Profiler.setSamplingInterval", { interval: SAMPLE_MICROSECONDS });
    await post(session, "Profiler.start");
    await sleep(seconds * 1000, undefined, { signal, ref: false }).catch(() => undefined);
    const { profile } = (await post(session, "Profiler.stop")) as { readonly profile: object };
    return JSON.stringify(profile);
  } finally {
    session.disconnect();
  }
}

async function openSession(): Promise<Session> {
  try {
    const inspector = await import("node:inspector");
    const session = new inspector.Session();
    session.connect();
    return session;
  } catch (error) {
    throw APIError.unimplemented("this Node has no inspector, and so no profiles", error);
  }
}

function post(session: Session, method: string, parameters: object = {}): Promise<unknown> {
  return new Promise((resolve, reject) => {
    session.post(method, parameters, (error, result) => (error === null ? resolve(result) : reject(error)));
  });
}
