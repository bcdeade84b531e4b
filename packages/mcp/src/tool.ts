import type { z } from "zod";
import type { ServedApp } from "./served-app.ts";

/** What an agent may ask of an app. */
export interface Tool<Input extends z.ZodType = z.ZodType> {
  /** The name by which agents call the tool, in snake_case. */
  readonly name: string;
  /** The name that a client shows to its user. */
  readonly title: string;
  /** What it does, when to use it, and its bounds. */
  readonly description: string;
  /** The schema of the input: agents see it as JSON Schema, and each call is checked against it before `run`. */
  readonly input: Input;
  /** Whether asking changes nothing. Default true. */
  readonly readOnly?: boolean;
  /**
   * Answers one call, with an input that has passed the schema. Errors: `ToolProblem`, or any error, of which code
   * and hint are told.
   */
  run(app: ServedApp, input: z.infer<Input>): Promise<unknown>;
}

/** Makes a tool, with its input's type taken from the schema. */
export function defineTool<Input extends z.ZodType>(tool: Tool<Input>): Tool {
  return tool as unknown as Tool;
}
