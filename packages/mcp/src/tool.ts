import type { z } from "zod";
import type { ServedApp } from "./served-app.ts";

/** What an agent may ask of an app. */
export interface Tool<Input extends z.ZodType = z.ZodType> {
  readonly name: string;
  readonly title: string;
  /** What it does, when to use it, and its bounds. */
  readonly description: string;
  readonly input: Input;
  /** Whether asking changes nothing. Default true. */
  readonly readOnly?: boolean;
  run(app: ServedApp, input: z.infer<Input>): Promise<unknown>;
}

/** Makes a tool, with its input's type taken from the schema. */
export function defineTool<Input extends z.ZodType>(tool: Tool<Input>): Tool {
  return tool as unknown as Tool;
}
