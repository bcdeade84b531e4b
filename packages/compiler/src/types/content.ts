import { builtInOf } from "./built-in.ts";
import { constrain } from "./constraint.ts";
import { splitParts } from "./intersection.ts";
import type { Node, SentBody, TypeIndex } from "@twinloop/core-native/build-time";
import { isConstraint, isMarker, markerPackage, markerTypeName } from "./marker.ts";
import type { Site } from "./site.ts";
import type { Type } from "../typescript/type-source.ts";
import type { TypeReading } from "./type-reading.ts";

const sent: Readonly<Record<string, SentBody>> = {
  HTML: "html",
  CSV: "csv",
  TextBody: "text",
  FileBody: "file",
  Redirect: "redirect",
};

/** Whether a type is the class of this name that the package of the markers declares. */
function isApiClass(reader: TypeReading, type: Type, name: string): boolean {
  const shape = reader.source.shape(type);
  return shape.kind === "object" && shape.class && shape.name === name && shape.package === markerPackage;
}

/** Whether a type is the text of a body. */
export function isText(reader: TypeReading, type: Type): boolean {
  return isApiClass(reader, type, "TextBody");
}

/** Whether a type is bytes, constraints aside. */
export function isBytes(reader: TypeReading, type: Type): boolean {
  const shape = reader.source.shape(type);
  if (shape.kind === "intersection") {
    const { values, objects } = splitParts(reader, shape.parts);
    const [only] = values;
    return values.length === 1 && objects.length === 0 && only !== undefined && isBytes(reader, only);
  }
  return shape.kind === "object" && builtInOf(reader.source, type, shape) === "bytes";
}

/** Reports constraints of bytes that are a whole body: their number is limited by an option. */
export function refuseConstraints(reader: TypeReading, type: Type, site: Site): void {
  const shape = reader.source.shape(type);
  if (shape.kind !== "intersection") return;
  const constraint = splitParts(reader, shape.parts).markers.find(isConstraint);
  if (constraint === undefined) return;
  const message = `\`${site.path}\` is a body of bytes, which \`${markerTypeName(constraint.name)}\` cannot constrain`;
  reader.report(
    site,
    "constraint_misplaced",
    message,
    "Limit it by the option `bodyLimit`, or check it in the handler.",
  );
}

/** Whether a type is a `BytesBody`: the body's bytes as one field. */
export function isBytesBody(reader: TypeReading, type: Type): boolean {
  const shape = reader.source.shape(type);
  return (
    shape.kind === "intersection" &&
    splitParts(reader, shape.parts).markers.some(({ name }) => name === "bytesBody")
  );
}

/** The body other than JSON that a returned type is; null for data. */
export function sentBodyOf(reader: TypeReading, type: Type): SentBody | null {
  const shape = reader.source.shape(type);
  if (shape.kind === "object" && shape.class && shape.package === markerPackage && shape.name !== null)
    return sent[shape.name] ?? null;
  return isBytes(reader, type) ? "bytes" : null;
}

/** Whether a type, or the type of a list's items, is an uploaded file. */
export function isFiles(reader: TypeReading, type: Type): boolean {
  if (isApiClass(reader, type, "UploadedFile")) return true;
  const shape = reader.source.shape(type);
  if (shape.kind === "array") return isApiClass(reader, shape.element, "UploadedFile");
  if (shape.kind !== "intersection") return false;
  return splitParts(reader, shape.parts).values.some((value) => isFiles(reader, value));
}

/** The type of a field of files: one, or a list of them with its bounds. What a file holds is not in the schema. */
export function readFiles(reader: TypeReading, type: Type, site: Site): TypeIndex {
  const file = reader.add({ kind: "any" });
  if (isApiClass(reader, type, "UploadedFile")) return file;
  const shape = reader.source.shape(type);
  const constraints =
    shape.kind === "intersection" ? splitParts(reader, shape.parts).markers.filter(isConstraint) : [];
  let node: Node = { kind: "array", items: file };
  for (const constraint of constraints) node = constrain(reader, node, constraint, site);
  return reader.add(node);
}

/** The form that a `Form<…>` or `Multipart<…>` gives a whole request; null for any other type. */
export function wrappingForm(reader: TypeReading, type: Type): "form" | "multipart" | null {
  const shape = reader.source.shape(type);
  if (shape.kind === "union") {
    const [first, ...others] = shape.parts.map((part) => wrappingForm(reader, part));
    return first !== undefined && others.every((other) => other === first) ? first : null;
  }
  if (shape.kind !== "intersection" && (shape.kind !== "object" || shape.class)) return null;
  const markers = reader.source.properties(type).filter(isMarker);
  if (markers.some(({ name }) => name === "multipart")) return "multipart";
  return markers.some(({ name }) => name === "form") ? "form" : null;
}
