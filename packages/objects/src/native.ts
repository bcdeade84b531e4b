import { primitive, type Primitive } from "@twinloop/core-native/internal";
import { toObjectsError } from "./error.ts";

const OPERATIONS = [
  "open",
  "close",
  "attributes",
  "exists",
  "remove",
  "put",
  "upload",
  "write",
  "finish",
  "abort",
  "download",
  "read",
  "endDownload",
  "list",
  "next",
  "endList",
  "signUpload",
  "signDownload",
] as const;

/** The Rust half of the package. */
export const native: Primitive<(typeof OPERATIONS)[number]> = primitive({
  name: "objects",
  from: import.meta.url,
  operations: OPERATIONS,
  toError: toObjectsError,
});
