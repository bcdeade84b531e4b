import { api } from "@twinloop/api";

/** Answers as long as the app does. */
export const health = api(
  { expose: true, method: "GET", path: "/health" },
  async (): Promise<{ ok: true }> => ({ ok: true }),
);
