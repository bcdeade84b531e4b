/**
 * The formats of texts on the side of JavaScript: what a handler returns is checked by the same rules as what it is
 * sent, so that no app can answer what it would itself refuse.
 *
 * Source: RFC 5321 for the limits of an address (64 bytes before the `@`, 254 in all); WHATWG URL for hosts that are
 * numbers; RFC 9562 for UUIDs.
 */
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

/** One part between dots of an address's local part. Source: RFC 5322, `atext`. */
const ATOM = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+$/;
/** One label of a domain: at most 63 letters, digits and hyphens. Source: RFC 1123, section 2.1. */
const LABEL = /^[A-Za-z0-9-]{1,63}$/;
const DIGITS = /^[0-9]*$/;

/**
 * Whether a text is an address: dot-separated atoms, and a domain of at least two labels, whose last is not a number.
 * Quoted local parts and literal IP addresses are refused.
 */
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
/** An IPv6 address in brackets, with a port or without. */
const BRACKETED = /^\[([^\]]*)\](?::([0-9]*))?$/;
/** One label of a host, which may be of any script: browsers convert it to Punycode. */
const HOST_PART = /^[\p{Alphabetic}\p{N}_-]{1,63}$/u;

/**
 * Whether a text is an absolute http or https URL. A user name and password before the host are accepted and not
 * looked at.
 */
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

/** Whether a text is a port, or empty. */
function isPort(port: string): boolean {
  return DIGITS.test(port) && Number(port) <= 65_535;
}

/** Whether a text is a host name or an IPv4 address. A host whose last label is a number must be an address. */
function isHost(host: string): boolean {
  const name = host.endsWith(".") ? host.slice(0, -1) : host;
  const labels = name.split(".");
  const last = labels.at(-1)!;
  const numeric = DIGITS.test(last) || /^0x/i.test(last);
  return name.length <= 253 && labels.every((label) => HOST_PART.test(label)) && (!numeric || isIPv4(name));
}

/** A UUID of versions 1 to 8, whose variant is that of RFC 9562. */
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i;
/** The nil and the max UUID. Source: RFC 9562, sections 5.9 and 5.10. */
const NIL_OR_MAX = /^(?:0{8}-0{4}-0{4}-0{4}-0{12}|f{8}-f{4}-f{4}-f{4}-f{12})$/i;

/** Whether a text is a UUID with hyphens, in either case. */
function isUuid(text: string): boolean {
  return UUID.test(text) || NIL_OR_MAX.test(text);
}
