import { api, APIError, type Int } from "@twinloop/api";

interface User {
  id: number & Int;
  name: string;
  since: Date;
  /** Which process has answered. */
  process: string;
}

const names = ["Ada", "Bob"];

/** Finds a user. Not exposed: other services call it, nobody else does. */
export const find = api({}, async ({ id }: { id: number & Int }): Promise<User> => {
  const name = names[id - 1];
  if (name === undefined) throw APIError.notFound(`there is no user ${id}`);
  return { id, name, since: new Date("2026-01-01"), process: process.env["ROLE"] ?? "the only one" };
});
