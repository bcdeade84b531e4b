import { isTest, lineAt } from "../finding.mjs";
import { codeOnly, shippedCode } from "../rust-source.mjs";

const BRIDGE = "crates/core-native/";

/**
 * A pattern that may not occur in shipped code outside of some rooms.
 *
 * @typedef {object} Boundary
 * @property {string} rule
 * @property {RegExp} pattern
 * @property {(file: string) => boolean} applies
 * @property {string} message
 * @property {boolean} [inTests] whether tests are held to it too; default false
 */

/**
 * Checks that napi and `unsafe` stay in crates/core-native, and runtimes and threads in crates/runtime.
 *
 * @param {import("../finding.mjs").Tree} tree
 * @param {Map<string, import("../room-table.mjs").RoomRule>} rooms
 * @returns {import("../finding.mjs").Finding[]}
 */
export function checkRustBoundaries(tree, rooms) {
  const boundaries = boundariesOf(rooms);
  return tree.matching(/\.rs$/).flatMap((file) => {
    const source = tree.read(file);
    const code = codeOnly(source);
    const shipped = isTest(file) ? "" : shippedCode(source);
    return boundaries
      .filter((boundary) => boundary.applies(file))
      .flatMap(({ rule, pattern, message, inTests = false }) =>
        [...(inTests ? code : shipped).matchAll(pattern)].map((match) => ({
          file,
          line: lineAt(code, match.index),
          rule,
          message: message.replace("$found", match[0]),
        })),
      );
  });
}

/** @param {string} file */
function outsideBridge(file) {
  return !file.startsWith(BRIDGE);
}

/**
 * @param {Map<string, import("../room-table.mjs").RoomRule>} rooms
 * @returns {Boundary[]}
 */
function boundariesOf(rooms) {
  const threadless = [...rooms.values()].filter((rule) => rule.startsNoThread).map((rule) => `${rule.room}/`);
  return [
    {
      rule: "napi-outside-bridge",
      pattern: /\bnapi(?:_derive|_sys)?\s*::|#\[napi\b/g,
      applies: outsideBridge,
      inTests: true,
      message: "only crates/core-native knows napi: keep this crate plain Rust and let the bridge convert.",
    },
    {
      rule: "unsafe-outside-bridge",
      pattern: /\bunsafe\b/g,
      applies: outsideBridge,
      inTests: true,
      message: "`unsafe` stays in crates/core-native: find the safe form, or move the block there.",
    },
    {
      rule: "runtime-elsewhere",
      pattern: /\bRuntime::new\b|\bBuilder::new_(?:multi|current)_thread\b/g,
      applies: (file) => file.startsWith("crates/") && !file.startsWith("crates/runtime/"),
      message:
        "`$found` outside crates/runtime: the process has one Tokio runtime; take its handle from crates/runtime.",
    },
    {
      rule: "thread-elsewhere",
      pattern: /\bthread::(?:spawn|scope|Builder)\b/g,
      applies: (file) => threadless.some((room) => file.startsWith(room)),
      message:
        "`$found` in a room without threads of its own: spawn a task on the runtime of crates/runtime.",
    },
  ];
}
