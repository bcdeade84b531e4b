/**
 * What a shared library for Linux asks of the system that loads it.
 *
 * `machine`: the processor, by Node's name. `libraries`: those that it is linked to. `versions`: the symbol versions that it
 * needs, such as `GLIBC_2.17`, sorted. `sections`: the names of its sections.
 *
 * @typedef {{ machine: string, libraries: string[], versions: string[], sections: string[] }} ElfNeeds
 */

const MACHINES = new Map([
  [0x3e, "x64"],
  [0xb7, "arm64"],
]);
const SECTION = { strings: 3, dynamic: 6, neededVersions: 0x6ffffffe };
const DYNAMIC_NEEDED = 1n;

/**
 * Reads what an ELF file needs.
 *
 * Shape:  a 64-bit little-endian ELF file -> its needs.
 * Errors: `TypeError` where the bytes are no such file.
 * Source: System V ABI, chapter 4; LSB 5.0 core, section 10.7 (symbol versions).
 *
 * @param {Buffer} file
 * @returns {ElfNeeds}
 */
export function readElfNeeds(file) {
  if (file.toString("latin1", 0, 4) !== "\x7fELF" || file[4] !== 2 || file[5] !== 1)
    throw new TypeError("not a 64-bit little-endian ELF file");
  const sections = readSections(file);
  return {
    machine: MACHINES.get(file.readUInt16LE(18)) ?? `machine ${file.readUInt16LE(18)}`,
    libraries: sections
      .filter(({ type }) => type === SECTION.dynamic)
      .flatMap((one) => neededLibraries(file, one, sections)),
    versions: sections
      .filter(({ type }) => type === SECTION.neededVersions)
      .flatMap((one) => neededVersions(file, one, sections))
      .toSorted(),
    sections: sections.map(({ name }) => name),
  };
}

/** @typedef {{ name: string, nameAt: number, type: number, at: number, size: number, link: number, info: number }} Section */

/** @param {Buffer} file @returns {Section[]} */
function readSections(file) {
  const [table, each, count] = [
    Number(file.readBigUInt64LE(40)),
    file.readUInt16LE(58),
    file.readUInt16LE(60),
  ];
  const sections = Array.from({ length: count }, (_, index) => {
    const at = table + index * each;
    return {
      name: "",
      nameAt: file.readUInt32LE(at),
      type: file.readUInt32LE(at + 4),
      at: Number(file.readBigUInt64LE(at + 24)),
      size: Number(file.readBigUInt64LE(at + 32)),
      link: file.readUInt32LE(at + 40),
      info: file.readUInt32LE(at + 44),
    };
  });
  const names = sections[file.readUInt16LE(62)];
  return sections.map((section) => ({
    ...section,
    name: names ? text(file, names.at + section.nameAt) : "",
  }));
}

/** @param {Buffer} file @param {Section} dynamic @param {Section[]} sections @returns {string[]} */
function neededLibraries(file, dynamic, sections) {
  const strings = sections[dynamic.link]?.at ?? 0;
  const libraries = [];
  for (let at = dynamic.at; at < dynamic.at + dynamic.size; at += 16) {
    if (file.readBigUInt64LE(at) === DYNAMIC_NEEDED)
      libraries.push(text(file, strings + Number(file.readBigUInt64LE(at + 8))));
  }
  return libraries;
}

/**
 * Two nested lists, each entry with the distance to the next: files, and the versions that are needed of each.
 *
 * @param {Buffer} file @param {Section} section @param {Section[]} sections @returns {string[]}
 */
function neededVersions(file, section, sections) {
  const strings = sections[section.link]?.at ?? 0;
  const versions = [];
  for (let entry = section.at, left = section.info; left > 0; left -= 1) {
    let version = entry + file.readUInt32LE(entry + 8);
    for (let count = file.readUInt16LE(entry + 2); count > 0; count -= 1) {
      versions.push(text(file, strings + file.readUInt32LE(version + 8)));
      version += file.readUInt32LE(version + 12);
    }
    entry += file.readUInt32LE(entry + 12);
  }
  return versions;
}

/** @param {Buffer} file @param {number} at */
function text(file, at) {
  return file.toString("latin1", at, file.indexOf(0, at));
}
