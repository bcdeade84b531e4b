import { api } from "@twinloop/api";

/** Answers while the app serves. */
export const health = api(
  { expose: true, method: "GET", path: "/health" },
  async (): Promise<{ ok: true }> => ({ ok: true }),
);
