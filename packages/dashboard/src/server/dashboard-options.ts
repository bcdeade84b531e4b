import {
  either,
  optionRule,
  optionsOf,
  problem,
  testMode,
  type OptionRule,
  type Problem,
} from "@twinloop/core-native/internal";
import { appMeta, type StartOptions } from "@twinloop/core-native";

declare module "@twinloop/core-native" {
  interface StartOptions {
    /**
     * Whether the dashboard's pages are answered, and what they may ask. Default true under `twinloop dev`, else false. Elsewhere
     * it wants `ADMIN_PORT`, and outside of development `ADMIN_TOKEN`.
     */
    readonly dashboard?: boolean | DashboardOptions;
  }
}

/** What the dashboard's pages may ask of the running app. */
export interface DashboardOptions {
  /**
   * Whether they may call endpoints, deliver dead letters again, trigger cron jobs, and pause and resume. Default true.
   */
  readonly changes?: boolean;
  /** Whether they may list the databases' tables and read rows. Default true. */
  readonly databases?: boolean;
}

/** What may be asked, with its defaults. */
export type Access = Required<DashboardOptions>;

/** The rule of the option `dashboard` of `start()`. */
export const dashboardRule: OptionRule = either(
  optionRule.boolean,
  optionsOf({
    changes: optionRule.boolean,
    databases: optionRule.boolean,
  } satisfies Record<keyof DashboardOptions, OptionRule>),
);

/**
 * What may be asked of this app; `undefined` where nothing is answered: without the option outside of `twinloop dev`, with
 * `dashboard: false` or `twinloop dev --no-dashboard`, and in a test.
 */
export function accessOf(
  { dashboard }: StartOptions,
  env: NodeJS.ProcessEnv = process.env,
): Access | undefined {
  if (testMode() !== undefined || dashboard === false) return undefined;
  const isDev = env["TWINLOOP_DEV"] === "1";
  if (isDev ? env["TWINLOOP_DASHBOARD"] === "off" : dashboard === undefined) return undefined;
  const { changes = true, databases = true } = typeof dashboard === "object" ? dashboard : {};
  return { changes, databases };
}

/** The problems of a dashboard that is asked for and would not be reached, or be reached by everybody. */
export function dashboardProblems(options: StartOptions, env: NodeJS.ProcessEnv = process.env): Problem[] {
  if (options.dashboard === undefined || accessOf(options, env) === undefined) return [];
  const port = env["ADMIN_PORT"] || options.telemetry?.adminPort;
  if (port === undefined || port === "off") {
    const message =
      "start(): dashboard is on, and ADMIN_PORT is not set: the dashboard has no port to be served at";
    const hint =
      "Set ADMIN_PORT, such as 4040, or leave `dashboard` out; under `twinloop dev` both come by themselves.";
    return [problem("config_invalid", message, hint)];
  }
  if (appMeta().environment.type === "development" || env["ADMIN_TOKEN"]) return [];
  const message =
    "start(): dashboard is on outside of development, and ADMIN_TOKEN is not set: everybody who reaches ADMIN_PORT could read databases";
  const hint = "Set ADMIN_TOKEN to a long random text, such as the output of `openssl rand -base64 32`.";
  return [problem("config_invalid", message, hint)];
}
