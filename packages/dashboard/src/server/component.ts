import { primitive, type Component, type Problem, type Running } from "@twinloop/core-native/internal";
import { appMeta, type StartOptions } from "@twinloop/core-native";
import { accessOf, dashboardProblems, dashboardRule } from "./dashboard-options.ts";
import { Questions } from "./questions.ts";

/**
 * The dashboard's server half as a part of the app: the main isolate takes the questions that the admin server gets as
 * `POST /api/ask`.
 */
export const component: Component = {
  name: "dashboard",
  role: "works",
  startOptions: { dashboard: dashboardRule },

  /** Finds a dashboard that nobody could reach, or everybody. */
  check(options: StartOptions): readonly Problem[] {
    return dashboardProblems(options);
  },

  /** Takes the questions, from now on. What a question needs is opened for it alone. */
  async start(options: StartOptions): Promise<readonly Running[]> {
    const access = accessOf(options);
    if (access === undefined || !appMeta().isMainIsolate) return [];
    const native = primitive({ name: "telemetry", from: import.meta.url, operations: ["serve"] });
    native.onJob(new Questions(access).handle);
    await native.call("serve");
    return [];
  },

  /** Nothing stays open between questions; the admin server ends with the app. */
  async stop(): Promise<void> {},
};
