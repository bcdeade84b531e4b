import { native } from "./native.ts";
import type { ListEntry } from "./options.ts";

/** Objects that are asked for at once. */
const PAGE = 1_000;

/** The objects of a bucket whose keys begin with `prefix`, at most `limit`; pages are read as they are asked for. */
export async function* list(
  store: number,
  bucket: string,
  prefix: string,
  limit: number,
): AsyncGenerator<ListEntry, void, undefined> {
  if (limit === 0) return;
  const number = await native.call<number>("list", { store, bucket, prefix });
  try {
    for (let left = limit; left > 0;) {
      const page = await native.call<readonly ListEntry[]>("next", { number, most: Math.min(PAGE, left) });
      if (page.length === 0) return;
      left -= page.length;
      yield* page;
    }
  } finally {
    await native.call("endList", { number }).catch(() => undefined);
  }
}
