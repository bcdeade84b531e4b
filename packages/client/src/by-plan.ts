import type { AnswerForm, Revived } from "./answer.ts";
import type { CallOptions } from "./client-options.ts";
import { revive, type Revival } from "./revive.ts";

/** The options of a call with the form of its answer. */
export interface FormedOptions extends CallOptions {
  readonly as?: AnswerForm;
}

/**
 * Puts dates, bigints and bytes in their places by the plan that the content type carries. An answer without a plan stays what it
 * is: that of a server that does not know the question, or whose content type a proxy has changed.
 */
export const byPlan: Revived = (json, contentType) => {
  const text = /revive="([^"]*)/.exec(contentType)?.[1];
  if (!text) return json;
  return revive(JSON.parse(decodeURIComponent(text.replaceAll("'", '"'))) as Revival[], json);
};
