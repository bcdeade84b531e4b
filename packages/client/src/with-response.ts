import type { Answer, AsOf, CalledRoute, Client, DefaultAs, Given } from "./client-types.ts";
import type { Routes } from "./endpoint-types.ts";
import { readAnswer } from "./answer.ts";
import { byPlan, type FormedOptions } from "./by-plan.ts";
import { send } from "./send.ts";

/** An answer with its status and headers. */
export interface WithResponse<Data> {
  /** What the call alone would resolve with. */
  readonly data: Data;
  /**
   * The HTTP status. One outside of 200 to 299 is thrown as an `APIError`, unless the call asks for the answer `as:
   * "response"`.
   */
  readonly status: number;
  readonly headers: Headers;
}

/**
 * Calls an endpoint as the client itself does, and also gives the status and the headers of the answer: what an endpoint declares
 * as `Header<…>` and `HttpStatus` is found there.
 *
 * Example: `const { data, headers } = await withResponse(client, "GET /links", { limit: 10 });`
 */
export function withResponse<
  App,
  R extends CalledRoute<App>,
  As extends AsOf<Routes<App>[R]> = DefaultAs<Routes<App>[R]>,
>(
  client: Client<App>,
  route: R,
  ...given: Given<Routes<App>[R], As>
): Promise<WithResponse<Answer<Routes<App>[R], As>>> {
  const [input, options = {}] = given as [unknown, FormedOptions?];
  return send(client["~settings"], route, input, options, async (response) => {
    const data = (await readAnswer(route, response, options.as, byPlan)) as Answer<Routes<App>[R], As>;
    return { data, status: response.status, headers: response.headers };
  });
}
