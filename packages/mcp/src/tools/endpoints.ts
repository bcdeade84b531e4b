/**
 * The tools by which an agent learns the app's HTTP interface: `list_endpoints` first, `describe_endpoint` for one of
 * the list, `describe_type` for a type that either of them names. All three read the manifest alone, so that the app
 * need not run.
 */
import type { Node } from "@twinloop/compiler";
import { z } from "zod";
import {
  describeEndpoint,
  describeNamed,
  endpointName,
  findEndpoint,
  summarise,
} from "../schema/endpoint-description.ts";
import { defineTool, type Tool } from "../tool.ts";
import { ToolProblem } from "../tool-problem.ts";

/**
 * The tool `list_endpoints`: one summary per endpoint, without schemas, so that the list of a large app stays short.
 * `search` ignores case and matches a substring of name, path or doc comment.
 */
const list = defineTool({
  name: "list_endpoints",
  title: "List endpoints",
  description:
    "Lists the app's HTTP endpoints with methods, path, kind, whether it is exposed, auth, doc comment and place in the sources. describe_endpoint has the schemas.",
  input: z.strictObject({
    service: z.string().optional().describe("only those of this service"),
    search: z.string().optional().describe("only those with this text in name, path or doc"),
  }),
  run: async (app, { service, search }) => {
    const { endpoints } = await app.manifest();
    const wanted = search?.toLowerCase() ?? "";
    return endpoints
      .filter((endpoint) => service === undefined || endpoint.service === service)
      .filter((endpoint) => {
        const text = `${endpointName(endpoint)} ${endpoint.path} ${endpoint.doc ?? ""}`;
        return text.toLowerCase().includes(wanted);
      })
      .map(summarise);
  },
});

/**
 * The tool `describe_endpoint`. Errors: `not_found` with up to 50 endpoints of the app, `invalid_argument` for a name
 * that fits several.
 */
const describe = defineTool({
  name: "describe_endpoint",
  title: "Describe an endpoint",
  description:
    "Gives one endpoint with the JSON Schemas of its request and response: which field comes from path, query, header, cookie or body.",
  input: z.strictObject({
    endpoint: z.string().min(1).describe('its name as list_endpoints gives it, or "GET /path"'),
  }),
  run: async (app, { endpoint }) => {
    const manifest = await app.manifest();
    return describeEndpoint(manifest, findEndpoint(manifest, endpoint));
  },
});

/**
 * The tool `describe_type`: finds interfaces, object types, unions and enums by their names. Errors: `not_found` with
 * the first 100 names of the app, in alphabetical order.
 */
const describeType = defineTool({
  name: "describe_type",
  title: "Describe a type",
  description:
    "Gives the JSON Schema of a named type that an endpoint, topic or auth handler of the app uses.",
  input: z.strictObject({ name: z.string().min(1).describe("the name in the sources, such as Task") }),
  run: async (app, { name }) => {
    const manifest = await app.manifest();
    const nameOf = (node: Node): string | undefined => ("name" in node ? node.name : undefined);
    const index = manifest.types.findIndex((node) => nameOf(node) === name);
    if (index >= 0) return describeNamed(manifest, index);
    const names = manifest.types.flatMap((node) => nameOf(node) ?? []);
    const told = [...new Set(names)].toSorted().slice(0, 100).join(", ");
    throw new ToolProblem(
      "not_found",
      `No type of the app's interface is named ${name}.`,
      `There are: ${told}.`,
    );
  },
});

/** The tools that tell of endpoints and types. */
export const endpointTools: readonly Tool[] = [list, describe, describeType];
