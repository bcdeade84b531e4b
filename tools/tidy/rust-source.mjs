/**
 * Blanks comments, and the insides of strings and character literals, in Rust source. Lines and
 * columns stay where they are, so that a position found in the result is one in the source.
 *
 * Source: The Rust Reference, "Tokens" and "Comments" (block comments nest, raw strings count their `#`).
 *
 * @param {string} source
 * @returns {string} of the same length
 */
export function codeOnly(source) {
  // One alternative for each kind of token that may hide text; what no alternative matches is code.
  const token =
    /\/\/[^\n]*|\/\*|\b[bc]?r(#*)"|"(?:\\[\s\S]|[^"\\])*"|'(?:\\(?:u\{[^}]*\}|[\s\S])[^'\n]*|[^'\\\n])'/g;
  let code = "";
  let position = 0;
  for (let match = token.exec(source); match !== null; match = token.exec(source)) {
    const end = endOfToken(source, match);
    code += source.slice(position, match.index) + source.slice(match.index, end).replace(/[^\n]/g, " ");
    position = end;
    token.lastIndex = end;
  }
  return code + source.slice(position);
}

/** @param {string} source @param {RegExpExecArray} match @returns {number} offset behind the token */
function endOfToken(source, match) {
  const afterMatch = match.index + match[0].length;
  if (match[0] === "/*") return endOfBlockComment(source, afterMatch);
  if (match[1] === undefined) return afterMatch;
  const closing = source.indexOf(`"${match[1]}`, afterMatch);
  return closing === -1 ? source.length : closing + 1 + match[1].length;
}

/** @param {string} source @param {number} from */
function endOfBlockComment(source, from) {
  const edge = /\/\*|\*\//g;
  edge.lastIndex = from;
  let depth = 1;
  for (let match = edge.exec(source); match !== null; match = edge.exec(source)) {
    depth += match[0] === "/*" ? 1 : -1;
    if (depth === 0) return edge.lastIndex;
  }
  return source.length;
}

/**
 * Finds the modules that exist only under test.
 *
 * Shape: code without comments -> ranges of lines, from the attribute to the closing brace, both included.
 *
 * @param {string} code as `codeOnly` gives it
 * @returns {{ start: number, end: number }[]} offsets; `end` is behind the last brace
 */
export function testModules(code) {
  const ranges = [];
  // The condition may name more than `test` (loom, features), but not `not(test)`.
  const opening =
    /#\[cfg\((?!not\()[^\]]*\btest\b[^\]]*\)\]\s*(?:#\[[^\]]*\]\s*)*(?:pub(?:\([^)]*\))?\s+)?mod\s+\w+\s*\{/g;
  for (const match of code.matchAll(opening)) {
    const start = match.index;
    ranges.push({ start, end: endOfBraces(code, start + match[0].length) });
  }
  return ranges;
}

/** @param {string} code @param {number} from offset behind an opening brace */
function endOfBraces(code, from) {
  const brace = /[{}]/g;
  brace.lastIndex = from;
  let depth = 1;
  for (let match = brace.exec(code); match !== null; match = brace.exec(code)) {
    depth += match[0] === "{" ? 1 : -1;
    if (depth === 0) return brace.lastIndex;
  }
  return code.length;
}

/**
 * Returns the code that runs in a release: Rust source without comments, literals and test modules.
 *
 * @param {string} source
 * @returns {string} of the same length
 */
export function shippedCode(source) {
  const code = codeOnly(source);
  let shipped = code;
  for (const { start, end } of testModules(code)) {
    shipped = shipped.slice(0, start) + shipped.slice(start, end).replace(/[^\n]/g, " ") + shipped.slice(end);
  }
  return shipped;
}
