import { randomBytes } from "node:crypto";
import { execFile } from "node:child_process";
import { promisify } from "node:util";

const LOCAL = "amqp://guest:guest@127.0.0.1:5672";

/**
 * A virtual host of RabbitMQ that one test has to itself.
 *
 * @typedef {object} Vhost
 * @property {string} url
 * @property {string} name
 * @property {() => Promise<void>} remove deletes it with all that is in it
 */

/** Tells why the tests that need RabbitMQ are skipped; `undefined` where they run. @returns {string | undefined} */
export function withoutRabbitmq() {
  return process.env["WITHOUT_RABBITMQ"];
}

/** Makes a vhost at the broker of `AMQP_URL`, by its command for operators. @returns {Promise<Vhost>} */
export async function makeVhost() {
  const name = `twinloop-${process.pid}-${randomBytes(6).toString("hex")}`;
  const url = new URL(process.env["AMQP_URL"] ?? LOCAL);
  await rabbitmqctl("add_vhost", name);
  const user = decodeURIComponent(url.username) || "guest";
  await rabbitmqctl("set_permissions", "--vhost", name, user, ".*", ".*", ".*");
  url.pathname = `/${name}`;
  return { name, url: url.href, remove: () => rabbitmqctl("delete_vhost", name) };
}

/** @param {string[]} args @returns {Promise<void>} */
export async function rabbitmqctl(...args) {
  await promisify(execFile)("rabbitmqctl", ["--quiet", ...args], { timeout: 60_000 });
}
