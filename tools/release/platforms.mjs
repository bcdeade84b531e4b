import { NOTICES_FILE } from "./notices.mjs";

/** Where the sources of every package are; npm's provenance is held to it. */
export const REPOSITORY = "git+https://github.com/twinloop/twinloop.git";

/**
 * A kind of machine, in the terms by which npm chooses the addon that is built for it. `target` is Rust's name of it.
 *
 * @typedef {{ triple: string, target: string, os: string, cpu: string, libc?: "glibc" | "musl" }} Platform
 */

/** The machines an addon is published for, each in a package of its own, named by napi's convention. */
export const PLATFORMS = /** @type {readonly Platform[]} */ ([
  { triple: "linux-x64-gnu", target: "x86_64-unknown-linux-gnu", os: "linux", cpu: "x64", libc: "glibc" },
  { triple: "linux-x64-musl", target: "x86_64-unknown-linux-musl", os: "linux", cpu: "x64", libc: "musl" },
  {
    triple: "linux-arm64-gnu",
    target: "aarch64-unknown-linux-gnu",
    os: "linux",
    cpu: "arm64",
    libc: "glibc",
  },
  {
    triple: "linux-arm64-musl",
    target: "aarch64-unknown-linux-musl",
    os: "linux",
    cpu: "arm64",
    libc: "musl",
  },
  { triple: "darwin-x64", target: "x86_64-apple-darwin", os: "darwin", cpu: "x64" },
  { triple: "darwin-arm64", target: "aarch64-apple-darwin", os: "darwin", cpu: "arm64" },
  { triple: "win32-x64-msvc", target: "x86_64-pc-windows-msvc", os: "win32", cpu: "x64" },
  { triple: "win32-arm64-msvc", target: "aarch64-pc-windows-msvc", os: "win32", cpu: "arm64" },
]);

/** The package that loads the addon, and in front of each platform package's name. */
export const LOADER = "@twinloop/core-native";

/**
 * Makes the manifest of the package that holds the addon for one platform. npm installs the package where `os`, `cpu` and
 * `libc` fit, and passes over it elsewhere.
 *
 * @param {Platform} platform
 * @param {string} version the one of all packages: addon and loader must match
 */
export function platformManifest({ triple, os, cpu, libc }, version) {
  const main = `twinloop.${triple}.node`;
  return {
    name: `${LOADER}-${triple}`,
    version,
    description: `The addon of ${LOADER} for ${triple}.`,
    license: "MIT",
    engines: { node: "^20.19 || >=22.12" },
    os: [os],
    cpu: [cpu],
    ...(libc ? { libc: [libc] } : {}),
    main,
    files: [main, NOTICES_FILE],
    repository: { type: "git", url: REPOSITORY, directory: "crates/core-native" },
    publishConfig: { access: "public" },
  };
}

/**
 * Makes the optional dependencies of the loader: each platform's package at exactly the loader's version.
 *
 * @param {string} version
 * @returns {Record<string, string>}
 */
export function platformDependencies(version) {
  return Object.fromEntries(PLATFORMS.map(({ triple }) => [`${LOADER}-${triple}`, version]));
}
