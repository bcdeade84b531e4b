import { z } from "zod";

/** The input of the schema workload for the peers that validate with zod. */
export const query = z.object({
  name: z.string().optional(),
  excitement: z.coerce.number().optional(),
});

export const headers = z.object({ "x-foo": z.string() });

export const body = z.object({
  someKey: z.string().optional(),
  someOtherKey: z.number().optional(),
  requiredKey: z.array(z.number()),
  nullableKey: z.number().nullable().optional(),
  multipleTypesKey: z.union([z.boolean(), z.number()]).optional(),
  multipleRestrictedTypesKey: z.union([z.string(), z.number()]).optional(),
  enumKey: z.enum(["John", "Foo"]).optional(),
});

/** The input of the strings workload. */
export const strings = z.object({ strings: z.array(z.string()) });

/** The input of the matrix workload. */
export const matrix = z.object({ rows: z.array(z.array(z.number())) });

/** The input of the tree workload. */
export const tree = z.object({
  name: z.string(),
  value: z.number(),
  get children() {
    return z.array(tree);
  },
});

/** The input of the json workloads. */
export const items = z.object({
  items: z.array(
    z.object({
      id: z.number(),
      name: z.string(),
      price: z.number(),
      tags: z.array(z.string()),
      inStock: z.boolean(),
      note: z.string().nullable(),
    }),
  ),
});
