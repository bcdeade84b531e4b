import { McpServer, ResourceTemplate } from "@modelcontextprotocol/sdk/server/mcp.js";
import { CallToolRequestSchema, ListToolsRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import { compilerVersion } from "@twinloop/compiler";
import { z } from "zod";
import { pagesOf, readPage } from "./docs/pages.ts";
import type { ServedApp } from "./served-app.ts";
import type { Tool } from "./tool.ts";
import { callTool, listedTool } from "./tool-calls.ts";
import { ToolProblem } from "./tool-problem.ts";
import { callTools } from "./tools/call.ts";
import { checkTools } from "./tools/check.ts";
import { databaseTools } from "./tools/database.ts";
import { docTools } from "./tools/docs.ts";
import { endpointTools } from "./tools/endpoints.ts";
import { operationTools } from "./tools/operations.ts";
import { traceTools } from "./tools/traces.ts";

/** The tools that an agent may call, in the order in which they are listed. */
export const TOOLS: readonly Tool[] = [
  ...endpointTools,
  ...callTools,
  ...traceTools,
  ...databaseTools,
  ...operationTools,
  ...checkTools,
  ...docTools,
];

/**
 * The text that a client gives its agent at the start of a session. Source: MCP, "Lifecycle", `instructions` of the
 * initialize result.
 */
const INSTRUCTIONS =
  "This is one app built on Twinloop. Read the documentation with search_docs before you use an API, look at the app with list_endpoints and " +
  "list_tables, run check_app after each change, and try an endpoint with call_endpoint while `twinloop dev` runs.";

/**
 * Makes the server of one app: tools, resources and prompts. The server is not connected yet: `serve` connects it to
 * stdin and stdout.
 */
export function makeServer(app: ServedApp): McpServer {
  const server = new McpServer(
    { name: "twinloop", version: compilerVersion },
    { instructions: INSTRUCTIONS },
  );
  addTools(server, app);
  addResources(server, app);
  addPrompts(server);
  return server;
}

/** Answers for the tools: below the SDK's own registry, whose errors have no code and no next step. */
function addTools({ server }: McpServer, app: ServedApp): void {
  server.registerCapabilities({ tools: {} });
  server.setRequestHandler(ListToolsRequestSchema, () => ({ tools: TOOLS.map(listedTool) }));
  server.setRequestHandler(CallToolRequestSchema, ({ params }) => callTool(app, TOOLS, params));
}

/** The manifest, and each page of the documentation, for clients that let their users attach them. */
function addResources(server: McpServer, app: ServedApp): void {
  const manifest = {
    title: "Manifest",
    description: "All that the app declares",
    mimeType: "application/json",
  };
  server.registerResource("manifest", "twinloop://manifest", manifest, async (uri) => {
    const text = JSON.stringify(await app.manifest());
    return { contents: [{ uri: uri.href, mimeType: "application/json", text }] };
  });
  const template = new ResourceTemplate("twinloop://docs/{+page}", {
    list: () => ({
      resources: pagesOf(app.root).map(({ name }) => ({
        uri: `twinloop://docs/${name}`,
        name,
        mimeType: "text/markdown",
      })),
    }),
  });
  const about = { title: "Documentation", description: "READMEs of the app and of its packages" };
  server.registerResource("docs", template, about, (uri, { page }) => {
    const found = pagesOf(app.root).find(({ name }) => name === page);
    if (found === undefined)
      throw new ToolProblem("not_found", `There is no page ${String(page)}.`, "List the resources.");
    return { contents: [{ uri: uri.href, mimeType: "text/markdown", text: readPage(found) }] };
  });
}

/**
 * Adds the prompts that users start by hand: `add-endpoint` and `find-cause`. Each has one argument, and gives the
 * agent an order of steps over the tools.
 */
function addPrompts(server: McpServer): void {
  const add = (
    name: string,
    description: string,
    argument: string,
    text: (given: string) => string,
  ): void => {
    const argsSchema = { [argument]: z.string().min(1) };
    server.registerPrompt(name, { description, argsSchema }, (given) => ({
      messages: [
        { role: "user" as const, content: { type: "text" as const, text: text(String(given[argument])) } },
      ],
    }));
  };
  add(
    "add-endpoint",
    "Add an endpoint to the app, with its types, its migration where it needs one, and a test",
    "purpose",
    (purpose) =>
      `Add an endpoint to this Twinloop app: ${purpose}. First read AGENTS.md (read_doc), list_endpoints and list_tables, and search_docs for ` +
      "what you need. Follow the folders that are there. Then run check_app until it is clean, write a test, and try it with call_endpoint.",
  );
  add(
    "find-cause",
    "Find out why something goes wrong",
    "symptom",
    (symptom) =>
      `Something goes wrong in this Twinloop app: ${symptom}. Look before you change anything: check_app, environment, call_endpoint, ` +
      "list_traces, get_trace, list_logs, list_dead_letters, cron_history and query_database, as far as they bear on it. Say what the cause is, where it is, and what mends it.",
  );
}
