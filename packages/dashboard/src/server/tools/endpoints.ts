import type * as Admin from "@twinloop/api/admin";
import { loadManifest, type EndpointModel, type Manifest } from "@twinloop/core-native/internal";
import { z } from "zod";
import type { EndpointAnswer } from "../../contract.ts";
import { importAdmin } from "../app-packages.ts";
import type { Tools } from "../ask-tool.ts";
import { EndpointSchemas } from "../endpoint-schemas.ts";
import { callApp } from "./call-app.ts";

/** The tools about endpoints: what each takes and answers, and a call through the app's own socket. */
export const endpointTools: Tools<"endpoints.list" | "endpoints.call"> = {
  "endpoints.list": {
    input: z.strictObject({}),
    async run() {
      const { servedManifest } = await importAdmin<typeof Admin>("api");
      const { manifest: built } = loadManifest();
      const served = servedManifest() ?? built;
      return served === undefined ? [] : describeEndpoints(served, built);
    },
  },
  "endpoints.call": {
    input: z.strictObject({
      method: z.string().regex(/^[A-Z]{1,20}$/, "a method in capitals"),
      path: z.string().startsWith("/").max(16_384),
      headers: z.record(z.string(), z.string()),
      body: z.string().nullable(),
    }),
    needs: "changes",
    run: callApp,
  },
};

/** Describes what an app serves; folders of static files stand in the built manifest alone. */
function describeEndpoints(served: Manifest, built: Manifest | undefined): EndpointAnswer[] {
  const schemas = new EndpointSchemas(served.types);
  const folders = (built?.endpoints ?? []).filter(({ kind }) => kind === "static");
  const own = served.endpoints.filter(({ kind }) => kind !== "static");
  return [...own, ...folders].map((endpoint) => describeEndpoint(endpoint, schemas));
}

const KINDS: Readonly<Record<EndpointModel["kind"], EndpointAnswer["kind"]>> = {
  typed: "json",
  raw: "raw",
  sse: "sse",
  static: "static",
  streamIn: "stream",
  streamOut: "stream",
  streamInOut: "stream",
};

function describeEndpoint(endpoint: EndpointModel, schemas: EndpointSchemas): EndpointAnswer {
  const { service, export: name, methods, path, kind, auth, doc, options = {} } = endpoint;
  const tags = options["tags"];
  return {
    id: name === null ? `${methods.join(",")} ${path}` : `${service}.${name}`,
    ...{ service, methods, path },
    exposed: kind === "static" || options["expose"] === true,
    auth: auth === undefined ? false : auth.length === 0 ? true : auth,
    kind: KINDS[kind],
    doc: doc ?? null,
    tags: Array.isArray(tags) ? tags.map(String) : [],
    ...schemas.of(endpoint),
  };
}
