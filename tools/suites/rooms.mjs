import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { root } from "../setup/command.mjs";
import { listFiles } from "../setup/fingerprint.mjs";
import { Problem } from "../setup/problem.mjs";

/**
 * The parts of a room in both languages: `crate` is a cargo package name, `project` a vitest project, `folders` are
 * those of both, relative to the checkout.
 *
 * @typedef {{ crate: string | null, project: string | null, folders: string[] }} Room
 */

/**
 * Lists every room that has tests, by its short name, which both languages share.
 *
 * @param {string} [base] the checkout; default the root
 * @returns {Map<string, Room>}
 */
export function findRooms(base = root) {
  /** @type {Map<string, Room>} */
  const rooms = new Map();
  for (const name of folders(join(base, "crates"), "Cargo.toml")) {
    rooms.set(name, {
      crate: crateName(join(base, "crates", name)),
      project: null,
      folders: [`crates/${name}`],
    });
  }
  for (const [name, folder] of projectFolders(base)) {
    const { crate = null, folders: others = [] } = rooms.get(name) ?? {};
    rooms.set(name, { crate, project: name, folders: [...others, folder] });
  }
  return rooms;
}

/** The variables through which tests are given PostgreSQL, RabbitMQ and NATS. */
const SERVICES = /\b(?:DATABASE_URL|AMQP_URL|NATS_URL)\b/;

/**
 * Whether a room's integration tests, in its folders `test` and `tests`, read the address of a server.
 *
 * @param {Room} room
 * @param {string} [base] the checkout; default the root
 * @returns {boolean}
 */
export function usesServices({ folders: homes }, base = root) {
  return homes
    .flatMap((home) => [join(base, home, "test"), join(base, home, "tests")])
    .flatMap(listFiles)
    .some((file) => SERVICES.test(readFileSync(file, "utf8")));
}

/**
 * Lists the folders that are vitest projects, by project name.
 *
 * @param {string} [base]
 * @returns {Map<string, string>} name -> path relative to the base
 */
export function projectFolders(base = root) {
  /** @type {Map<string, string>} */
  const projects = new Map();
  for (const parent of ["packages", "apps"]) {
    for (const name of folders(join(base, parent), "package.json")) projects.set(name, `${parent}/${name}`);
  }
  for (const name of ["examples", "tools", "bench"]) {
    if (existsSync(join(base, name))) projects.set(name, name);
  }
  return projects;
}

/**
 * @param {string | undefined} name as given on the command line
 * @returns {Room | null} null when no room was named: all of them
 */
export function chooseRoom(name) {
  if (name === undefined) return null;
  const rooms = findRooms();
  const room = rooms.get(name);
  if (room !== undefined) return room;
  throw new Problem(`There is no room "${name}" to test. Rooms: ${[...rooms.keys()].toSorted().join(", ")}.`);
}

/** @param {string} parent @param {string} manifest */
function folders(parent, manifest) {
  if (!existsSync(parent)) return [];
  return readdirSync(parent).filter((name) => existsSync(join(parent, name, manifest)));
}

/** @param {string} folder */
function crateName(folder) {
  const manifest = readFileSync(join(folder, "Cargo.toml"), "utf8");
  return /^name\s*=\s*"([^"]+)"/m.exec(manifest)?.[1] ?? null;
}
