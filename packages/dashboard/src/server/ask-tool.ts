import type { z } from "zod";
import type { AskTools } from "../contract.ts";

/** The name of a question. */
export type ToolName = keyof AskTools;

/** How one question is answered. */
export interface AskTool<Name extends ToolName> {
  /** The schema of the input: each question is checked against it before `run`. */
  readonly input: z.ZodType;
  /** What a question needs beside the right to ask: `changes` to act on the app, `databases` to read rows. */
  readonly needs?: "changes" | "databases";
  /** Answers one question, whose input has passed the schema. */
  run(input: AskTools[Name]["input"]): Promise<AskTools[Name]["value"]>;
}

/** The tools of some questions, by name. */
export type Tools<Names extends ToolName> = { readonly [Name in Names]: AskTool<Name> };
