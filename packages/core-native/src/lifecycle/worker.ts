import { isMainThread, workerData, type MessagePort } from "node:worker_threads";
import { StartError, type Problem } from "../errors/error.ts";
import type { Settings } from "./start-options.ts";

/** A message from the main isolate to a worker. */
export type ToWorker = { readonly tell: "stopping" } | { readonly tell: "stop"; readonly withinMs: number };

/** A message from a worker to the main isolate. */
export type FromWorker =
  | { readonly tell: "started" }
  | { readonly tell: "failed"; readonly problems: readonly Problem[]; readonly message: string }
  | { readonly tell: "asks for stop" }
  | { readonly tell: "stopped" };

/** The data that a worker thread receives to join the app that started it. */
export interface Joining {
  /** The worker's number, from 1; the main isolate is 0. */
  readonly index: number;
  readonly settings: Settings;
  /** The port to the main isolate. Not `parentPort`, which stays the app's. */
  readonly main: MessagePort;
}

/** The data of this isolate as a worker of the app; `undefined` in the main isolate and in the app's own threads. */
export const joining: Joining | undefined = isMainThread
  ? undefined
  : (workerData as { readonly twinloop?: Joining } | null)?.twinloop;

/** Sends a message to the main isolate. */
export function tellMain(message: FromWorker): void {
  joining?.main.postMessage(message, []);
}

/** Calls `act` for each message of the main isolate. Does not keep the worker alive. */
export function hearMain(act: (message: ToWorker) => void): void {
  joining!.main.on("message", act);
  joining!.main.unref();
}

/** Makes the message that tells the main isolate why a worker's start failed. */
export function failure(error: unknown): FromWorker {
  const problems = error instanceof StartError ? error.problems : [];
  return { tell: "failed", problems, message: error instanceof Error ? error.message : String(error) };
}
