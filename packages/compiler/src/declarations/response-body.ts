import type { ResponsePlace, SentBody } from "@twinloop/core-native/build-time";
import { agreedFields, membersOf } from "./request.ts";
import { sentBodyOf } from "../types/content.ts";
import { objectArms, readArm, type Decide } from "../types/fields.ts";
import { propertyParts } from "../types/object.ts";
import type { Site } from "../types/site.ts";
import type { TypeReader } from "../types/type-reader.ts";
import type { Type } from "../typescript/type-source.ts";

type In = ResponsePlace["fields"][number]["in"];

/** The field of a response that is a body of its own, and the kinds of body that it may be. */
export interface ContentField {
  name: string;
  sends: SentBody[];
}

/** The field that is a body other than JSON, beside headers, cookies and a status; null where no member has one. */
export function contentField(reader: TypeReader, members: readonly Type[], site: Site): ContentField | null {
  const arms = objectArms(reader, members);
  if (arms === null) return null;
  const found = arms.map((arm) => fieldOf(reader, arm));
  const [first] = found.filter((field) => field !== null);
  if (first === undefined) return null;
  if (found.some((field) => field === null || field.name !== first.name)) {
    const message = `\`${site.path}\` is a union of which only some members have the body \`${first.name}\``;
    reader.report(
      site,
      "fields_differ",
      message,
      "Give every member of the union the same field for its body.",
    );
  }
  return { name: first.name, sends: found.flatMap((field) => field?.sends ?? []) };
}

function fieldOf(reader: TypeReader, arm: Type): ContentField | null {
  for (const property of reader.source.properties(arm)) {
    const { parts: whole, undefinable } = propertyParts(reader, property);
    const parts = whole.flatMap((part) => membersOf(reader, part));
    const bodies = parts.map((part) => sentBodyOf(reader, part));
    const sends = bodies.filter((body) => body !== null && body !== "bytes");
    // A `Uint8Array` beside other fields is base64 within JSON, as in a request.
    if (sends.length > 0 && sends.length === parts.length && !property.optional && !undefinable)
      return { name: property.name, sends: sends as SentBody[] };
  }
  return null;
}

/** Reads the fields beside a body; those that would be JSON are reported. */
export function withoutContent(
  reader: TypeReader,
  members: readonly Type[],
  name: string,
  decide: Decide<In>,
  site: Site,
): Pick<ResponsePlace, "fields" | "body"> {
  const content = reader.add({ kind: "any" });
  const around: Decide<In | "content"> = (placed) =>
    placed.property.name === name ? { in: "content", wire: "", type: content } : decide(placed);
  const read = members.map((arm) => readArm(reader, arm, around, site));
  if (read.some(({ body }) => body !== null)) {
    const message = `\`${site.path}\` has the body \`${name}\`, and fields that would be a JSON body`;
    const hint = "Make the other fields `Header<…>`, `SetCookie<…>` or `HttpStatus`, or leave them out.";
    reader.report(site, "field_misplaced", message, hint);
  }
  const fields = agreedFields(reader, read, site).filter((field) => field.in !== "content");
  return { fields: fields as ResponsePlace["fields"], body: null };
}
