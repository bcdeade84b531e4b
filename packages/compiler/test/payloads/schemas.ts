import { api } from "@twinloop/api";
import { z } from "zod";

const order = z.object({
  id: z.uuid(),
  at: z.date(),
  lines: z.array(z.object({ sku: z.string(), count: z.number() })),
  state: z.discriminatedUnion("kind", [
    z.object({ kind: z.literal("paid"), by: z.string() }),
    z.object({ kind: z.literal("open") }),
  ]),
});

export const zodOrder = api(
  { path: "/zodOrder" },
  async (value: z.infer<typeof order>): Promise<void> => void value,
);

export const zodInput = api(
  { path: "/zodInput" },
  async (value: z.input<typeof order>): Promise<void> => void value,
);
