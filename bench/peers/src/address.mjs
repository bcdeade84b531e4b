/** Where every peer listens: `HOST` (default 127.0.0.1) and `PORT` (default 8080). */
export const host = process.env.HOST ?? "127.0.0.1";
export const port = Number(process.env.PORT ?? 8080);
