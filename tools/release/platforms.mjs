/**
 * A kind of machine, in the terms by which npm chooses the addon that is built for it.
 *
 * @typedef {{ triple: string, os: string, cpu: string, libc?: string }} Platform
 */

/** The machines an addon is published for, each in a package of its own, named by napi's convention. */
export const PLATFORMS = /** @type {readonly Platform[]} */ ([
  { triple: "linux-x64-gnu", os: "linux", cpu: "x64", libc: "glibc" },
  { triple: "linux-x64-musl", os: "linux", cpu: "x64", libc: "musl" },
  { triple: "linux-arm64-gnu", os: "linux", cpu: "arm64", libc: "glibc" },
  { triple: "linux-arm64-musl", os: "linux", cpu: "arm64", libc: "musl" },
  { triple: "darwin-x64", os: "darwin", cpu: "x64" },
  { triple: "darwin-arm64", os: "darwin", cpu: "arm64" },
  { triple: "win32-x64-msvc", os: "win32", cpu: "x64" },
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
    engines: { node: ">=20.19" },
    os: [os],
    cpu: [cpu],
    ...(libc ? { libc: [libc] } : {}),
    main,
    files: [main],
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
