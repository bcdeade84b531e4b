import { isMainThread, workerData, type MessagePort } from "node:worker_threads";
import { StartError, type Problem } from "./error.ts";
import type { Settings } from "./start-options.ts";

/** What the main isolate tells a worker. */
export type ToWorker = { readonly tell: "stopping" } | { readonly tell: "stop"; readonly withinMs: number };

/** What a worker tells the main isolate. */
export type FromWorker =
  | { readonly tell: "started" }
  | { readonly tell: "failed"; readonly problems: readonly Problem[]; readonly message: string }
  | { readonly tell: "asks for stop" }
  | { readonly tell: "stopped" };

/** What a worker thread is given to join the app that started it. */
export interface Joining {
  /** 1 for the first worker; the main isolate is 0. */
  readonly index: number;
  readonly settings: Settings;
  /** The way to the main isolate. A port of its own, so that the app's `parentPort` stays the app's. */
  readonly main: MessagePort;
}

/** What makes this isolate a worker of the app; `undefined` in the main isolate, and in threads that others have made. */
export const joining: Joining | undefined = isMainThread
  ? undefined
  : (workerData as { readonly twinloop?: Joining } | null)?.twinloop;

/** Tells the main isolate. */
export function tellMain(message: FromWorker): void {
  joining?.main.postMessage(message, []);
}

/** Acts on what the main isolate tells. It does not keep the worker alive: what the app runs does. */
export function hearMain(act: (message: ToWorker) => void): void {
  joining!.main.on("message", act);
  joining!.main.unref();
}

/** Why a worker's start failed, as the main isolate is told it. */
export function failure(error: unknown): FromWorker {
  const problems = error instanceof StartError ? error.problems : [];
  return { tell: "failed", problems, message: error instanceof Error ? error.message : String(error) };
}
