import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { addon } from "../crossing/description.ts";
import { primitive, type Primitive } from "../crossing/primitive.ts";
import { problem, StartError, TwinloopError } from "../errors/error.ts";
import { log, logFormat, nameService } from "../log/log.ts";
import type { AppMeta } from "../lifecycle/app.ts";
import { collect, handOver, type Collected } from "./collected.ts";
import { tellLines } from "./lines.ts";
import { tellVitals } from "./vitals.ts";
import { port } from "../crossing/port.ts";
import { traceOutgoing, untraceOutgoing } from "./outgoing.ts";
import { COMPONENT } from "./records.ts";
import type { TelemetryOptions } from "./telemetry-options.ts";
import type { TelemetrySettings } from "./telemetry-settings.ts";

/** The longest that a stopping app waits for a collector. */
const MOST_EXPORT_MS = 5_000;

/** What the runtime answers to `configure`. */
interface Configured {
  readonly adminUrl: string | null;
  readonly collectsSpans: boolean;
  /** The share of traces without a caller that are exported. */
  readonly sampledShare: number;
  readonly collectsLines: boolean;
}

/** Telemetry that is read. */
export interface StartedTelemetry {
  /** The address of the admin server; `undefined` without one. */
  readonly adminUrl: string | undefined;
  readonly collected: Collected;
}

/** The app whose telemetry is read. */
export interface TelemetrySource {
  readonly app: AppMeta;
  readonly isTest: boolean;
  /** The options of `start()`, of which the dashboard's package brings one. */
  readonly options: object;
}

let native: Primitive<"configure" | "announce" | "stop"> | undefined;

/** The Rust half of telemetry, looked up when it is first needed. */
function half(): Primitive<"configure" | "announce" | "stop"> {
  return (native ??= primitive({
    name: COMPONENT,
    from: import.meta.url,
    operations: ["configure", "announce", "stop"],
  }));
}

/**
 * Starts to read what the process tells of itself; in the main isolate, before any other part of the app.
 *
 * Errors: `StartError` for a variable that Rust cannot obey, and for an address that cannot be listened on.
 */
export async function startTelemetry(
  settings: TelemetrySettings,
  source: TelemetrySource,
  options: TelemetryOptions,
): Promise<StartedTelemetry> {
  const answer = await configure(settings, source);
  const { otel, admin } = settings;
  const now: Collected = {
    isRunning: true,
    spans: answer.collectsSpans,
    sampledShare: answer.sampledShare,
    lines: answer.collectsLines,
    metrics: admin !== null || exportsMetrics(otel),
  };
  nameService(otel["OTEL_SERVICE_NAME"] ?? source.app.name);
  joinTelemetry(now, options);
  return { adminUrl: answer.adminUrl ?? undefined, collected: now };
}

/** Sets whether the admin server's readiness probe reports ready, where the app has no server that says so. */
export async function announceTelemetry(isReady: boolean): Promise<void> {
  await native?.call("announce", { ready: isReady });
}

/** Makes this isolate tell what the main isolate has found to be read. */
export function joinTelemetry(now: Collected, { fetch }: TelemetryOptions): void {
  traceOutgoing(fetch);
  tellLines();
  tellVitals(String(port().isolate));
  collect(now);
}

/** Hands over what this isolate has gathered, and gathers no more. */
export function leaveTelemetry(): void {
  handOver();
  collect();
  untraceOutgoing();
}

/**
 * Ends the reading: what waits is sent within `leftMs`, and within 5 s at most. Never throws: telemetry must not keep an app from
 * ending. Idempotent, and legal before `startTelemetry`.
 */
export async function stopTelemetry(leftMs: number): Promise<void> {
  leaveTelemetry();
  try {
    await native?.call("stop", { graceMs: Math.min(Math.max(0, leftMs), MOST_EXPORT_MS) });
  } catch (error) {
    log.error(error, "failed to stop telemetry");
  }
}

/** Whether the dashboard's pages are wanted; `twinloop dev --no-dashboard` says no for any app. */
function wantsDashboard({ isTest, options }: TelemetrySource): boolean {
  const { dashboard } = options as { readonly dashboard?: unknown };
  if (isTest) return false;
  if (isDev()) return dashboard !== false && process.env["TWINLOOP_DASHBOARD"] !== "off";
  return dashboard !== undefined && dashboard !== false;
}

/** Whether `twinloop dev` runs the app: other tools of development then ask for recent traces and lines too. */
function isDev(): boolean {
  return process.env["TWINLOOP_DEV"] === "1";
}

async function configure(settings: TelemetrySettings, source: TelemetrySource): Promise<Configured> {
  try {
    return await half().call("configure", told(settings, source));
  } catch (error) {
    const { admin, isPortByDefault } = settings;
    // Another app is being developed: this one's admin server goes elsewhere, and the banner says where.
    if (admin !== null && isPortByDefault && isCode(error, "unavailable")) {
      return configure({ ...settings, admin: { ...admin, port: 0 }, isPortByDefault: false }, source);
    }
    throw asStartError(error);
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof TwinloopError && error.code === code;
}

function asStartError(error: unknown): unknown {
  if (!(error instanceof TwinloopError)) return error;
  if (error.code === "unavailable") {
    const hint = "Give ADMIN_PORT another number, 0 for a free one, or stop what listens there.";
    return new StartError([problem("config_invalid", error.message, hint)]);
  }
  if (error.code !== "invalid_argument") return error;
  return new StartError([problem("config_invalid", error.message, "Correct the variable, or unset it.")]);
}

/** The settings as Rust takes them. */
function told(settings: TelemetrySettings, source: TelemetrySource): object {
  const { app, isTest } = source;
  const hasPages = wantsDashboard(source);
  const { accessLog, slowQueryMs, stallMs, traceSlowMs, otel, admin } = settings;
  const { name, version, root, environment } = app;
  const { format, colours } = logFormat();
  const store = admin !== null && !isTest && (hasPages || isDev());
  return {
    ...{ accessLog, logFormat: format, colours, slowQueryMs, stallMs, traceSlowMs, otel, store },
    app: {
      ...{ name, version, environment: environment.type },
      ...{ node: process.versions.node, twinloop: addon.version },
    },
    admin: admin && { ...admin, ui: hasPages ? dashboardFiles(root) : null },
  };
}

/** The folder of the dashboard's pages, where the app has the package; `null` where it has not. */
function dashboardFiles(root: string): string | null {
  try {
    const found = createRequire(join(root, "noop.js")).resolve("@twinloop/dashboard/package.json");
    return join(dirname(found), "dist", "ui");
  } catch {
    return null;
  }
}

function exportsMetrics(otel: Readonly<Record<string, string>>): boolean {
  if (otel["OTEL_SDK_DISABLED"]?.toLowerCase() === "true") return false;
  const exporters = otel["OTEL_METRICS_EXPORTER"]?.toLowerCase().split(",") ?? [];
  const hasEndpoint = Boolean(
    otel["OTEL_EXPORTER_OTLP_ENDPOINT"] ?? otel["OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"],
  );
  return exporters.includes("otlp") || (hasEndpoint && exporters.length === 0);
}
