import { isIPv4, isIPv6 } from "node:net";
import type { StringFormat } from "../ir/ir.ts";

/** The name of each format in errors. */
export const FORMAT_NAMES: Readonly<Record<StringFormat, string>> = {
  email: "email address",
  url: "http or https URL",
  uuid: "UUID",
};

/** Whether a text has a named format, by the rules of the validator in Rust, which documents them. */
export function fitsFormat(format: StringFormat, text: string): boolean {
  if (format === "email") return isEmail(text);
  return format === "url" ? isUrl(text) : isUuid(text);
}

const ATOM = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+$/;
const LABEL = /^[A-Za-z0-9-]{1,63}$/;
const DIGITS = /^[0-9]*$/;

function isEmail(text: string): boolean {
  const at = text.lastIndexOf("@");
  if (at < 1 || at > 64 || text.length > 254) return false;
  const labels = text.slice(at + 1).split(".");
  return (
    text
      .slice(0, at)
      .split(".")
      .every((atom) => ATOM.test(atom)) &&
    labels.length > 1 &&
    labels.every((label) => LABEL.test(label) && !label.startsWith("-") && !label.endsWith("-")) &&
    !DIGITS.test(labels.at(-1)!)
  );
}

// eslint-disable-next-line no-control-regex -- control characters are what is refused
const NOT_IN_URL = /[\u0000-\u001f\u007f-\u009f<>"\\\p{White_Space}]|%(?![0-9A-Fa-f]{2})/u;
const URL_PARTS = /^https?:\/\/([^/?#]*)/i;
const BRACKETED = /^\[([^\]]*)\](?::([0-9]*))?$/;
const HOST_PART = /^[\p{Alphabetic}\p{N}_-]{1,63}$/u;

function isUrl(text: string): boolean {
  const authority = URL_PARTS.exec(text)?.[1];
  if (authority === undefined || NOT_IN_URL.test(text)) return false;
  const hostPort = authority.slice(authority.lastIndexOf("@") + 1);
  if (hostPort.startsWith("[")) {
    const [, address, port] = BRACKETED.exec(hostPort) ?? [];
    return address !== undefined && !address.includes("%") && isIPv6(address) && isPort(port ?? "");
  }
  const colon = hostPort.indexOf(":");
  const host = colon < 0 ? hostPort : hostPort.slice(0, colon);
  return isPort(colon < 0 ? "" : hostPort.slice(colon + 1)) && isHost(host);
}

function isPort(port: string): boolean {
  return DIGITS.test(port) && Number(port) <= 65_535;
}

function isHost(host: string): boolean {
  const name = host.endsWith(".") ? host.slice(0, -1) : host;
  const labels = name.split(".");
  const last = labels.at(-1)!;
  const numeric = DIGITS.test(last) || /^0x/i.test(last);
  return name.length <= 253 && labels.every((label) => HOST_PART.test(label)) && (!numeric || isIPv4(name));
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i;
const NIL_OR_MAX = /^(?:0{8}-0{4}-0{4}-0{4}-0{12}|f{8}-f{4}-f{4}-f{4}-f{12})$/i;

function isUuid(text: string): boolean {
  return UUID.test(text) || NIL_OR_MAX.test(text);
}
