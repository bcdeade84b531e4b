import { z } from "zod";
import { AskError } from "./ask-error.ts";
import type { AskTool, ToolName, Tools } from "./ask-tool.ts";
import type { Access } from "./dashboard-options.ts";
import { cronTools } from "./tools/cron.ts";
import { databaseTools } from "./tools/databases.ts";
import { endpointTools } from "./tools/endpoints.ts";
import { secretTools } from "./tools/secrets.ts";
import { serviceTools } from "./tools/services.ts";
import { topicTools } from "./tools/topics.ts";

const TOOLS: Tools<ToolName> = {
  ...endpointTools,
  ...serviceTools,
  ...databaseTools,
  ...topicTools,
  ...cronTools,
  ...secretTools,
};

/** The question as the admin server hands it on. */
const QUESTION = z.strictObject({ tool: z.string(), input: z.unknown().default({}) });

/** Why something is refused by the options of `start()`. */
const REFUSED: Readonly<Record<keyof Access, string>> = {
  changes: "This app lets its dashboard change nothing.",
  databases: "This app lets its dashboard read no database.",
};

/**
 * Answers one question of a page.
 *
 * Shape:  `{ tool, input }` -> the tool's value.
 * Errors: `invalid_argument` for an input that does not fit, `not_found` for an unknown tool, `permission_denied` for one that the
 *         options of `start()` refuse; those of the tool.
 */
export async function answer(asked: unknown, access: Access): Promise<unknown> {
  const { tool: name, input } = QUESTION.parse(asked);
  if (!Object.hasOwn(TOOLS, name)) {
    throw new AskError(
      "not_found",
      `There is no tool ${name}.`,
      `There are: ${Object.keys(TOOLS).join(", ")}.`,
    );
  }
  const tool = TOOLS[name as ToolName] as AskTool<ToolName>;
  if (tool.needs !== undefined && !access[tool.needs]) {
    const hint = `Start it with \`dashboard: { ${tool.needs}: true }\`.`;
    throw new AskError("permission_denied", REFUSED[tool.needs], hint);
  }
  return tool.run(tool.input.parse(input) as never);
}
