import { native } from "./native.ts";
import type { ObjectAttrs } from "./options.ts";
import type { ObjectPlace } from "./upload.ts";

/** A download that has begun. */
interface Begun {
  readonly number: number;
  readonly attributes: ObjectAttrs;
}

/** An object's bytes in pieces of about 256 KiB, read from the store as they are asked for. */
export async function* download(
  place: ObjectPlace,
  version: string | undefined,
): AsyncGenerator<Buffer, void, undefined> {
  const { number } = await native.call<Begun>("download", { ...place, version: version ?? null });
  let ended = false;
  try {
    for (;;) {
      const blob = await native.call<number | null>("read", { number });
      ended = blob === null;
      if (blob === null) return;
      yield native.takeBlob(blob);
    }
  } catch (error) {
    ended = true;
    throw error;
  } finally {
    if (!ended) await native.call("endDownload", { number }).catch(() => undefined);
  }
}
