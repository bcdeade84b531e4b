import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { root } from "../setup/command.mjs";
import { Problem } from "../setup/problem.mjs";

/**
 * What of each language a room name stands for: `crate` is a cargo package name, `project` a vitest project.
 *
 * @typedef {{ crate: string | null, project: string | null }} Room
 */

/**
 * Every room that has tests to run, by its short name: the twins of both languages under one name.
 *
 * @param {string} [base] the checkout; default the root
 * @returns {Map<string, Room>}
 */
export function findRooms(base = root) {
  /** @type {Map<string, Room>} */
  const rooms = new Map();
  for (const name of folders(join(base, "crates"), "Cargo.toml")) {
    rooms.set(name, { crate: crateName(join(base, "crates", name)), project: null });
  }
  for (const name of projectFolders(base).keys()) {
    rooms.set(name, { crate: rooms.get(name)?.crate ?? null, project: name });
  }
  return rooms;
}

/**
 * The folders that are vitest projects, by project name.
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
  for (const name of ["tools", "bench"]) {
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
