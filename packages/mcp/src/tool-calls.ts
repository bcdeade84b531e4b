import type { CallToolResult, Tool as ListedTool } from "@modelcontextprotocol/sdk/types.js";
import { z } from "zod";
import type { ServedApp } from "./served-app.ts";
import type { Tool } from "./tool.ts";
import { describeProblem, ToolProblem } from "./tool-problem.ts";

/** Describes a tool as agents are listed it, with the JSON Schema of its input. */
export function listedTool({ name, title, description, input, readOnly = true }: Tool): ListedTool {
  const inputSchema = z.toJSONSchema(input, { io: "input" }) as ListedTool["inputSchema"];
  const annotations = { title, readOnlyHint: readOnly, openWorldHint: !readOnly };
  return { name, title, description, inputSchema, annotations };
}

/**
 * Answers a call of a tool.
 *
 * Shape: the tool's result as JSON, or as it is where it is a text; an error, of the input as well, is a result with a code, a
 *        message and mostly the next step.
 */
export async function callTool(
  app: ServedApp,
  tools: readonly Tool[],
  { name, arguments: input = {} }: { readonly name: string; readonly arguments?: unknown },
): Promise<CallToolResult> {
  try {
    const tool = tools.find((one) => one.name === name);
    if (tool === undefined) {
      const names = tools.map((one) => one.name).join(", ");
      throw new ToolProblem("not_found", `There is no tool ${name}.`, `There are: ${names}.`);
    }
    return textResult(await tool.run(app, checked(tool, input)));
  } catch (error) {
    return { ...textResult(describeProblem(error)), isError: true };
  }
}

/**
 * Validates the input of a tool. Errors: `ToolProblem` `invalid_argument` with every issue, and the names that the
 * tool takes.
 */
function checked({ name, input: schema }: Tool, input: unknown): unknown {
  const { success, data, error } = schema.safeParse(input);
  if (success) return data;
  const issues = error.issues.map(({ path, message }) => {
    return path.length === 0 ? message : `${path.join(".")}: ${message}`;
  });
  const names = Object.keys(
    (listedTool({ name, input: schema } as Tool).inputSchema.properties ?? {}) as object,
  );
  const next = `${name} takes ${names.join(", ") || "nothing"}: its schema says what each may be.`;
  throw new ToolProblem("invalid_argument", issues.join("; "), next);
}

/** A result as MCP carries it: one text, which is JSON unless the value was a text already. */
function textResult(value: unknown): CallToolResult {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return { content: [{ type: "text", text }] };
}
