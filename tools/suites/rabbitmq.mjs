import { chmodSync, existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCommand } from "../setup/command.mjs";
import { freePort, startProgram } from "./started-program.mjs";

const LOCAL = "amqp://guest:guest@127.0.0.1:5672";
const START_LIMIT_MS = 90_000;
/** The protocol header with which an AMQP 0-9-1 client begins (section 4.2.2). */
const GREETING = Buffer.from([0x41, 0x4d, 0x51, 0x50, 0, 0, 9, 1]);

/**
 * A RabbitMQ node for the tests.
 *
 * @typedef {object} Broker
 * @property {string} url
 * @property {string} origin where it is from, in words
 * @property {Record<string, string>} env what its command for operators needs to find it
 * @property {() => Promise<void>} stop ends it if it was started for the tests
 */

/**
 * Finds a RabbitMQ node: the one that `AMQP_URL` names, else the local service, else one started from the installed
 * program. Null where there is none.
 *
 * @returns {Promise<Broker | null>}
 */
export async function provideRabbitmq() {
  const stop = () => Promise.resolve();
  const given = process.env["AMQP_URL"];
  if (given) return { url: given, origin: "the broker of AMQP_URL", env: {}, stop };
  if (await answers(5672)) return { url: LOCAL, origin: "the local service", env: {}, stop };
  const { code } = await runCommand("which", ["rabbitmq-server"]);
  return code === 0 ? startNode() : null;
}

/** Starts a node with a temporary folder that is deleted when the node stops. @returns {Promise<Broker>} */
async function startNode() {
  const folder = mkdtempSync(join(tmpdir(), "twinloop-rabbitmq-"));
  // Started by root, the server runs as a user of its own, with that user's cookie.
  chmodSync(folder, 0o777);
  const [port, distribution] = await Promise.all([freePort(), freePort()]);
  // Otherwise that of a broker of the machine's own is read.
  const config = join(folder, "rabbitmq.conf");
  writeFileSync(config, `listeners.tcp.1 = 127.0.0.1:${port}\n`);
  const env = {
    ...process.env,
    HOME: folder,
    RABBITMQ_NODENAME: `twinloop-${process.pid}@localhost`,
    RABBITMQ_CONFIG_FILE: config,
    RABBITMQ_DIST_PORT: String(distribution),
    RABBITMQ_MNESIA_BASE: join(folder, "data"),
    RABBITMQ_LOG_BASE: join(folder, "log"),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, "plugins"),
  };
  const stop = await startProgram({
    program: "rabbitmq-server",
    env,
    folder,
    answers: () => answers(port),
    limitMs: START_LIMIT_MS,
  });
  const cookie = join(folder, ".erlang.cookie");
  return {
    url: `amqp://guest:guest@127.0.0.1:${port}`,
    origin: "a node started for the tests",
    env: {
      RABBITMQ_NODENAME: env.RABBITMQ_NODENAME,
      ...(existsSync(cookie) && { RABBITMQ_ERLANG_COOKIE: readFileSync(cookie, "utf8") }),
    },
    stop,
  };
}

/** @param {number} port @returns {Promise<boolean>} whether a broker speaks there */
function answers(port) {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(GREETING));
    const done = (/** @type {boolean} */ is) => {
      socket.destroy();
      resolve(is);
    };
    socket.setTimeout(2_000, () => done(false));
    socket.once("error", () => done(false));
    // Its first frame is Connection.Start: method, channel 0.
    socket.once("data", (bytes) => done(bytes[0] === 1));
  });
}
