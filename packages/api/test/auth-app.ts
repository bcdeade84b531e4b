/** The app that `contract/cases/api/auth.json` is about. */
export const authApp = `
import { z } from "zod";
import { api, APIError, authHandler, Gateway, getAuthData, start, type Cookie, type Header, type Query } from "@twinloop/api";
import { mkdirSync, writeFileSync } from "node:fs";

mkdirSync(new URL("../files", import.meta.url), { recursive: true });
writeFileSync(new URL("../files/page.txt", import.meta.url), "a page\\n");

interface Known { userID: string; by: string }
let ran = 0;

export const token = authHandler<{ authorization: Header<"Authorization"> }, Known>(async ({ authorization }) => {
  ran++;
  const name = authorization.replace(/^Bearer /, "");
  if (name === "nobody" || name.length > 100) return null;
  if (name === "expired") throw APIError.unauthenticated("the token has expired");
  if (name === "banned") throw APIError.permissionDenied("go away");
  if (name === "crash") throw new Error("a secret of the handler");
  if (name === "nameless") return {} as Known;
  return { userID: name, by: "token" };
});
export const session = authHandler<{ sid: Cookie<"sid"> }, Known>(async ({ sid }) => {
  ran++;
  return { userID: sid, by: "session" };
});
export const key = authHandler(
  async ({ header, query }: { header?: Header<number, "x-api-key">; query?: Query<number, "key"> }): Promise<{ userID: string; since: Date }> => {
    ran++;
    return { userID: "key " + (header ?? query), since: new Date("2026-01-02T03:04:05Z") };
  },
);
export const gateway = new Gateway({ authHandlers: { token, session, key } });

const get = { expose: true, method: "GET" } as const;
const post = { expose: true, method: "POST" } as const;

export const runs = api({ ...get, path: "/ran" }, async () => ran);
export const me = api({ ...get, path: "/me", auth: true }, async () => getAuthData<Known>()!);
export const ordered = api({ ...get, path: "/ordered", auth: ["session", "token"] }, async () => getAuthData<Known>()!);
export const bySession = api({ ...get, path: "/session", auth: "session" }, async () => getAuthData<Known>()!);
export const keyed = api({ ...get, path: "/keyed", auth: "key" }, async () => {
  const { userID, since } = getAuthData<{ userID: string; since: Date }>()!;
  return { userID, since };
});
export const hidden = api({ method: "GET", path: "/private", auth: true }, async () => getAuthData<Known>()!);
export const open = api({ ...get, path: "/open" }, async () => ({ userID: getAuthData()?.userID ?? null }));
export const direct = api({ ...get, path: "/direct", auth: true }, async () => me());

interface Note { text: string; at: Date }
export const notes = api({ ...post, path: "/notes", auth: true, bodyLimit: 2000 }, async ({ text, at }: Note) => ({
  by: getAuthData()!.userID,
  text,
  at,
}));
export const openNotes = api({ ...post, path: "/open-notes", auth: false }, async ({ text }: Note) => ({ text }));
export const refined = api(
  { ...post, path: "/refined", auth: true, request: z.object({ even: z.number().refine((n) => n % 2 === 0) }) },
  async ({ even }) => ({ even }),
);
export const events = api.sse({ ...get, path: "/events", auth: true }, async function* () {
  yield { data: getAuthData()!.userID };
});
export const files = api.static({ expose: true, path: "/files/*file", dir: "../files", auth: true });

const app = await start({ banner: false });
console.log("listening " + app.url);
`;
