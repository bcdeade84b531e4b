import { api, start } from "@twinloop/api";

interface Row {
  city: string;
  inhabitants: number;
}

/** A report that is worth compressing. */
export const report = api(
  { expose: true, method: "GET", path: "/report" },
  async (): Promise<{ rows: Row[] }> => ({
    rows: Array.from({ length: 200 }, (_, index) => ({ city: `city ${index}`, inhabitants: 1_000 * index })),
  }),
);

/** May be called three times an hour from one address; the limit of the app does not count here. */
export const guess = api(
  { expose: true, method: "POST", path: "/guess", rateLimit: { limit: 3, window: "1h", key: "address" } },
  async ({ number }: { number: number }): Promise<{ right: boolean }> => ({ right: number === 7 }),
);

/** May be called by every page, as often as it likes. */
export const time = api(
  { expose: true, method: "GET", path: "/time", cors: true, rateLimit: false },
  async (): Promise<{ now: Date }> => ({ now: new Date() }),
);

await start({
  cors: { allowOriginsWithCredentials: ["https://app.example.com"], allowOriginsWithoutCredentials: [] },
  rateLimit: { limit: 1_000, window: "1m", key: "address" },
  compression: true,
  securityHeaders: true,
  etag: true,
});
