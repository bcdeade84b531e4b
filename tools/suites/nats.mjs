import { mkdtempSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCommand } from "../setup/command.mjs";
import { freePort, startProgram } from "./started-program.mjs";

const LOCAL = "nats://127.0.0.1:4222";
const START_LIMIT_MS = 30_000;

/**
 * A NATS server with JetStream for the tests.
 *
 * @typedef {object} NatsServer
 * @property {string} url
 * @property {string} origin where it is from, in words
 * @property {() => Promise<void>} stop ends it if it was started for the tests
 */

/**
 * Finds a NATS server: the one that `NATS_URL` names, else a local one with JetStream, else one started from the installed
 * program. Null where there is none.
 *
 * @returns {Promise<NatsServer | null>}
 */
export async function provideNats() {
  const stop = () => Promise.resolve();
  const given = process.env["NATS_URL"];
  if (given) return { url: given, origin: "the server of NATS_URL", stop };
  if (await hasJetStream(4222)) return { url: LOCAL, origin: "the local service", stop };
  const { code } = await runCommand("which", ["nats-server"]);
  return code === 0 ? startServer() : null;
}

/** Starts a server with a temporary folder that is deleted when the server stops. @returns {Promise<NatsServer>} */
async function startServer() {
  const folder = mkdtempSync(join(tmpdir(), "twinloop-nats-"));
  const port = await freePort();
  const config = join(folder, "nats.conf");
  writeFileSync(
    config,
    `listen: "127.0.0.1:${port}"\njetstream { store_dir: ${JSON.stringify(join(folder, "data"))} }\n`,
  );
  const stop = await startProgram({
    program: "nats-server",
    args: ["-c", config],
    folder,
    answers: () => hasJetStream(port),
    limitMs: START_LIMIT_MS,
  });
  return { url: `nats://127.0.0.1:${port}`, origin: "a server started for the tests", stop };
}

/** @param {number} port @returns {Promise<boolean>} whether a server with JetStream speaks there */
function hasJetStream(port) {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    const done = (/** @type {boolean} */ is) => {
      socket.destroy();
      resolve(is);
    };
    socket.setTimeout(2_000, () => done(false));
    socket.once("error", () => done(false));
    // The first line tells about the server (NATS client protocol, INFO).
    socket.once("data", (bytes) => done(/^INFO .*"jetstream":\s*true/.test(bytes.toString())));
  });
}
