import { signal, type Signal } from "@preact/signals";
import type { LiveEvent, LogLine, TraceSummary } from "../../contract.ts";
import { keep, mergeLines, type KeptLine } from "../logs/log-list.ts";
import { mergeTraces } from "../requests/trace-list.ts";
import { app, learnApp, processName } from "./running-app.ts";

/** The most traces and lines that the page keeps. */
const MOST_TRACES = 1000;
const MOST_LINES = 2000;
/** How long events are gathered before the page is drawn anew, in milliseconds. */
const GATHER_MS = 120;

/** The traces that the page knows, the newest first, over restarts of the app. */
export const traces: Signal<readonly TraceSummary[]> = signal([]);

/** The lines that the page knows, the newest first, over restarts of the app. */
export const lines: Signal<readonly KeptLine[]> = signal([]);

/** How many events the server has left out because this page reads more slowly than the app tells. */
export const missed = signal(0);

let newTraces: TraceSummary[] = [];
let newLines: KeptLine[] = [];
let timer: ReturnType<typeof setTimeout> | undefined;

/** Adds traces that were asked for. */
export function addTraces(added: readonly TraceSummary[]): void {
  traces.value = mergeTraces(traces.peek(), added, MOST_TRACES);
}

/** Adds lines that were asked for, of the process that runs at the moment. */
export function addLines(added: readonly LogLine[]): void {
  lines.value = mergeLines(lines.peek(), keep(added, processName(app.peek())), MOST_LINES);
}

/** Takes an event of the stream in; events that come fast are drawn together. */
export function take(event: LiveEvent): void {
  switch (event.event) {
    case "app":
      learnApp(event.data);
      return;
    case "missed":
      missed.value += event.data.count;
      return;
    case "trace":
      newTraces.push(event.data);
      if (newTraces.length > MOST_TRACES) newTraces = newTraces.slice(-MOST_TRACES);
      break;
    case "log":
      newLines.push(...keep([event.data], processName(app.peek())));
      if (newLines.length > MOST_LINES) newLines = newLines.slice(-MOST_LINES);
      break;
  }
  timer ??= setTimeout(drawGathered, GATHER_MS);
}

function drawGathered(): void {
  timer = undefined;
  traces.value = mergeTraces(traces.peek(), newTraces, MOST_TRACES);
  lines.value = mergeLines(lines.peek(), newLines, MOST_LINES);
  newTraces = [];
  newLines = [];
}
