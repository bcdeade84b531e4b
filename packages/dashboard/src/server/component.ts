import { answerQuestions, type Component, type Problem, type Running } from "@twinloop/core-native/internal";
import type { StartOptions } from "@twinloop/core-native";
import { accessOf, dashboardProblems, dashboardRule } from "./dashboard-options.ts";
import { Questions } from "./questions.ts";

/**
 * The dashboard's server half as a part of the app: each isolate answers questions that the admin server gets as
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

  /** Answers from now on. What a question needs is opened for it alone. */
  async start(options: StartOptions): Promise<readonly Running[]> {
    const access = accessOf(options);
    if (access !== undefined) answerQuestions(new Questions(access).handle);
    return [];
  },

  /** Nothing stays open between questions; the admin server ends with the app. */
  async stop(): Promise<void> {},
};
