import { z } from "zod";

/** The inputs of the scale suite's endpoints for the peers that validate with zod; new ones for each endpoint. */
export const readingSchemas = () => ({ query: z.object({ page: z.coerce.number().optional() }) });

export const writingSchema = () =>
  z.object({
    name: z.string(),
    price: z.number(),
    tags: z.array(z.string()),
    note: z.string().nullable().optional(),
  });
