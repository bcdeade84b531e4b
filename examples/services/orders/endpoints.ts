import { api, type Int } from "@twinloop/api";
import * as users from "../users/endpoints.ts";

/** Gives an order, with who placed it: a call of another service is a call of a function. */
export const get = api(
  { expose: true, method: "GET", path: "/orders/:user" },
  async ({ user }: { user: number & Int }): Promise<{ by: string; year: number; process: string }> => {
    const { name, since, process } = await users.find({ id: user });
    return { by: name, year: since.getFullYear(), process };
  },
);
