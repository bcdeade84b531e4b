import { existsSync } from "node:fs";
import { join, posix } from "node:path";
import { root } from "../setup/command.mjs";

/** Where files of the checkout are read that are no pages of the site. */
const REPOSITORY = "https://github.com/twinloop/twinloop/blob/main";

/** What a link is not: the inside of a fence, or of code in a line. */
const CODE_OR_LINK = /^(```+)[^\n]*\n[\s\S]*?^\1|(`+)(?:(?!\2)[\s\S])+?\2(?!`)|(\]\()([^)\s]+)(\))/gm;

/**
 * Rewrites the links of a page: from files of the checkout to the pages that are made of them, or to the repository.
 *
 * Shape:  the page's text, the path of its file, and the address of the page that each file has -> the text for the site.
 * Errors: a link to a file that does not exist is listed in `dead`.
 *
 * @param {string} text
 * @param {string} file relative to the checkout
 * @param {ReadonlyMap<string, string>} addresses page addresses by the paths of their files
 * @returns {{ text: string, dead: string[] }}
 */
export function rewriteLinks(text, file, addresses) {
  /** @type {string[]} */
  const dead = [];
  const rewritten = text.replaceAll(CODE_OR_LINK, (whole, _fence, _tick, open, target, close) => {
    if (open === undefined) return whole;
    const address = addressOf(target, file, addresses);
    if (address === null) dead.push(`${file}: ${target}`);
    return `${open}${address ?? target}${close}`;
  });
  return { text: rewritten, dead };
}

/**
 * @param {string} target as the page has it
 * @param {string} file
 * @param {ReadonlyMap<string, string>} addresses
 * @returns {string | null} the target on the site; null where there is no such file
 */
function addressOf(target, file, addresses) {
  if (/^(?:[a-z]+:|#|\/)/.test(target)) return target;
  const [path = "", anchor] = target.split("#");
  const joined = posix.join(posix.dirname(file), path);
  const named = joined.replace(/\/$/, "");
  const hash = anchor === undefined ? "" : `#${anchor}`;
  const address = addresses.get(named) ?? addresses.get(posix.join(named, "README.md"));
  if (address !== undefined) return `${address}${hash}`;
  return existsSync(join(root, named)) ? `${REPOSITORY}/${named}${hash}` : null;
}

/**
 * The anchor of a heading, by the rule that GitHub has, so that a link leads to the same place there and on the site.
 *
 * @param {string} heading
 * @returns {string}
 */
export function anchorOf(heading) {
  return heading
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}_ -]/gu, "")
    .replaceAll(" ", "-");
}
