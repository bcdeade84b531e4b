import { native } from "./native.ts";
import type { ObjectAttrs, UploadOptions } from "./options.ts";
import { piecesOf, wholeBytes, type UploadSource } from "./source.ts";

/** Up to so many bytes in memory are uploaded with a single call: the size of a part, which Rust holds in any case. */
const SINGLE_BYTES = 8 * 1024 * 1024;

/** One object of an open store. */
export interface ObjectPlace {
  readonly store: number;
  readonly bucket: string;
  readonly key: string;
}

/** Uploads an object; a source that fails, or a store that does, leaves nothing visible. */
export async function upload(
  place: ObjectPlace,
  source: UploadSource,
  { contentType, preconditions }: UploadOptions,
): Promise<ObjectAttrs> {
  const options = { contentType: contentType ?? null, notExists: preconditions?.notExists ?? false };
  const whole = wholeBytes(source);
  if (whole !== undefined && whole.byteLength <= SINGLE_BYTES) {
    return native.call<ObjectAttrs>("put", { ...place, options, blob: native.putBlob(whole) });
  }
  const number = await native.call<number>("upload", { ...place, options });
  try {
    for await (const piece of piecesOf(source)) {
      await native.call("write", { number, blob: native.putBlob(piece) });
    }
  } catch (error) {
    await native.call("abort", { number }).catch(() => undefined);
    throw error;
  }
  return native.call<ObjectAttrs>("finish", { number });
}
