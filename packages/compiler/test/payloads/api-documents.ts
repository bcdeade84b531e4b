import { api } from "@twinloop/api";
import type { OpenAPIV3, OpenAPIV3_1 } from "openapi-types";

export const openApiSchema = api(
  { path: "/openApiSchema" },
  async (value: OpenAPIV3.SchemaObject): Promise<void> => void value,
);

export const openApiOperation = api(
  { path: "/openApiOperation" },
  async (value: OpenAPIV3.OperationObject): Promise<void> => void value,
);

export const openApi31 = api(
  { path: "/openApi31" },
  async (value: OpenAPIV3_1.SchemaObject): Promise<void> => void value,
);
