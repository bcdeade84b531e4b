import {
  loadManifest,
  serviceOfDeclaration,
  type DeclarationModel,
  type Manifest,
} from "@twinloop/core-native/internal";
import { z } from "zod";
import type { AskTools } from "../../contract.ts";
import { AskError } from "../ask-error.ts";
import type { Tools } from "../ask-tool.ts";

type ServicesMap = AskTools["services.map"]["value"];
type Node = ServicesMap["nodes"][number];
type Edge = ServicesMap["edges"][number];

/** The tool `services.map`: what the manifest knows. Who calls and publishes stands in no declaration; traces show it. */
export const serviceTools: Tools<"services.map"> = {
  "services.map": {
    input: z.strictObject({}),
    async run() {
      const { manifest, problems } = loadManifest();
      if (manifest !== undefined) return mapOf(manifest);
      const { message, hint } = problems[0]!;
      throw new AskError("failed_precondition", message, hint);
    },
  },
};

/** The kinds of nodes by the function that declares them, and how a service is joined to one. */
const KINDS: Readonly<Record<string, { readonly kind: Node["kind"]; readonly edge?: Edge["kind"] }>> = {
  Topic: { kind: "topic" },
  SQLDatabase: { kind: "database", edge: "uses" },
  Bucket: { kind: "bucket", edge: "uses" },
  CronJob: { kind: "cron", edge: "runs" },
};

/** The services of an app, and its topics, databases, cron jobs and buckets, joined by what the declarations say. */
export function mapOf(manifest: Manifest): ServicesMap {
  const { endpoints, declarations } = manifest;
  const declared = declarations.filter(({ what }) => what === "Service").map(({ name }) => name);
  const names = [...new Set([...endpoints.map(({ service }) => service), ...declared])];
  const services = names.map((name) => serviceNode(name, manifest));
  const others = declarations.filter(({ what }) => Object.hasOwn(KINDS, what));
  const edges = declarations.flatMap((one) => edgesOf(one, ownerOf(one, manifest, names)));
  return { nodes: [...services, ...others.map((one) => nodeOf(one, manifest))], edges };
}

function serviceNode(name: string, { endpoints }: Manifest): Node {
  const own = endpoints.filter(({ service }) => service === name);
  const exposed = own.filter(({ options }) => options?.["expose"] === true).length;
  return { id: `service:${name}`, kind: "service", name, details: { endpoints: own.length, exposed } };
}

function nodeOf({ what, name, file, line, doc, options }: DeclarationModel, manifest: Manifest): Node {
  const { kind } = KINDS[what]!;
  const subscriptions = manifest.declarations
    .filter((one) => kind === "topic" && one.what === "Subscription" && one.within === name)
    .map((one) => one.name);
  const details = {
    at: `${file}:${line}`,
    ...(doc === undefined ? {} : { doc }),
    ...options,
    ...(kind === "topic" ? { subscriptions } : {}),
  };
  return { id: `${kind}:${name}`, kind, name, details };
}

/** The edge of a declaration to the service that it belongs to; none for what belongs to no service. */
function edgesOf({ what, name, within }: DeclarationModel, owner: string | undefined): Edge[] {
  if (owner === undefined) return [];
  const service = `service:${owner}`;
  if (what === "Subscription") {
    return within ? [{ from: `topic:${within}`, to: service, kind: "subscribes" }] : [];
  }
  const { kind, edge } = KINDS[what] ?? {};
  if (edge === undefined) return [];
  const id = `${kind}:${name}`;
  return [edge === "runs" ? { from: id, to: service, kind: edge } : { from: service, to: id, kind: edge }];
}

/** The service above the declaration's file; in an app of one service, that one. */
function ownerOf(one: DeclarationModel, manifest: Manifest, names: readonly string[]): string | undefined {
  const { what, name, within } = one;
  const sought = { what, name, ...(within ? { within } : {}) };
  const owner = serviceOfDeclaration(sought, { root: "", manifest, stale: [], problems: [] });
  return owner ?? (names.length === 1 ? names[0] : undefined);
}
