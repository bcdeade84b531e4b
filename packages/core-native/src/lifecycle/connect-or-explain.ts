import { StartError, type Problem } from "../errors/error.ts";

/**
 * Connects a primitive at start.
 *
 * Errors: an error of the primitive's own class `known` becomes a `StartError` with the problem that `explain` makes of it,
 *         and is its cause; any other error stays as it is.
 */
export async function connectOrExplain<Resource, Known extends Error>(
  connect: () => Promise<Resource>,
  known: abstract new (...given: never[]) => Known,
  explain: (error: Known) => Problem,
): Promise<Resource> {
  try {
    return await connect();
  } catch (error) {
    throw error instanceof known ? new StartError([explain(error)], error) : error;
  }
}
