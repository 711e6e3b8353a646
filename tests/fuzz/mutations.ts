/**
 * Damages of files, by a seed: what disks, networks, tools and enemies do to them.
 * @module
 */
import { lookup3 } from "../../shared/hdf5/checksums.ts";
import type { Original } from "./originals.ts";

/** A damaged file. */
export interface Damaged {
  kind: Kind;
  bytes: Uint8Array<ArrayBuffer>;
  /** Whether checksums were made right again. */
  isForged: boolean;
}

/** A seeded source of whole numbers below n. */
export type Random = (n: number) => number;

/** Numbers that look random and are the same each time (mulberry32). */
export function randomOf(seed: number): Random {
  let state = seed >>> 0;
  return (n) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor(((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32 * n);
  };
}

type Damage = (bytes: Uint8Array<ArrayBuffer>, random: Random) => Uint8Array<ArrayBuffer>;

const LENGTHS = [
  0n,
  1n,
  2n,
  0x7fn,
  0xffn,
  0xffffn,
  2n ** 31n,
  2n ** 32n - 1n,
  2n ** 40n,
  2n ** 63n,
  2n ** 64n - 1n,
];

const DAMAGES = {
  "one bit": (bytes, random) => {
    const at = random(bytes.length);
    bytes[at] = bytes[at]! ^ (1 << random(8));
    return bytes;
  },
  "some bytes": (bytes, random) => {
    for (let n = 1 + random(8); n > 0; n--) bytes[random(bytes.length)] = random(256);
    return bytes;
  },
  "a run of one byte": (bytes, random) => {
    const at = random(bytes.length);
    return bytes.fill([0, 0xff, 0x20, random(256)][random(4)]!, at, at + 1 + random(600));
  },
  "cut": (bytes, random) => bytes.slice(0, random(bytes.length)),
  "a piece taken out": (bytes, random) => {
    const at = random(bytes.length);
    return joined(bytes.subarray(0, at), bytes.subarray(at + 1 + random(300)));
  },
  "a piece put in": (bytes, random) => {
    const at = random(bytes.length);
    const piece = Uint8Array.from({ length: 1 + random(300) }, () => random(256));
    return joined(bytes.subarray(0, at), piece, bytes.subarray(at));
  },
  "pieces exchanged": (bytes, random) => {
    const size = 1 + random(512);
    const [from, to] = [random(bytes.length - size), random(bytes.length - size)];
    const piece = bytes.slice(from, from + size);
    bytes.copyWithin(from, to, to + size);
    bytes.set(piece, to);
    return bytes;
  },
  "a changed length": (bytes, random) => {
    const width = [1, 2, 4, 8][random(4)]!;
    // Structure is where small numbers are: most places with one are a length, a count or an address.
    let at = random(bytes.length - 8);
    for (let tries = 0; tries < 50 && !(bytes[at] && !bytes[at + 1]); tries++) at = random(bytes.length - 8);
    const value = random(3) === 0 ? BigInt(random(bytes.length * 2)) : LENGTHS[random(LENGTHS.length)]!;
    for (let i = 0; i < width; i++) bytes[at + i] = Number((value >> BigInt(8 * i)) & 0xffn);
    return bytes;
  },
} as const satisfies Record<string, Damage>;

/** What was done to a file. */
export type Kind = keyof typeof DAMAGES;
/** All kinds. */
export const KINDS = Object.keys(DAMAGES) as Kind[];

function joined(...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** The damage of a file by a seed; of every other one the checksums of the file's structure are made right again. */
export function damage(original: Original, seed: number): Damaged {
  const random = randomOf(seed);
  const kind = KINDS[random(KINDS.length)]!;
  const bytes = DAMAGES[kind](original.bytes.slice(), random);
  const isForged = random(2) === 0 && bytes.length === original.bytes.length && mendSums(original, bytes);
  return { kind, bytes, isForged };
}

/** @returns whether there was one that did not fit */
function mendSums({ sums }: Original, bytes: Uint8Array<ArrayBuffer>): boolean {
  const view = new DataView(bytes.buffer);
  let mended = false;
  for (const [from, to] of sums) {
    const sum = lookup3(bytes.subarray(from, to));
    mended ||= view.getUint32(to, true) !== sum;
    view.setUint32(to, sum, true);
  }
  return mended;
}

/**
 * Whether a checksum tells the damage: nothing else was changed, and one does not fit any more. Not where a chunk was
 * overwritten together with its checksum by zeros, or exchanged for another one.
 */
export function isNamed({ bytes, chunks, fits, sums }: Original, { bytes: damaged }: Damaged): boolean {
  if (damaged.length !== bytes.length) return false;
  const view = new DataView(damaged.buffer);
  const blocks = sums.map(([from, to]): [number, number] => [from, to + 4]);
  let isCaught = sums.some(([from, to]) => lookup3(damaged.subarray(from, to)) !== view.getUint32(to, true));
  isCaught ||= chunks.some(([from, to]) => !fits(damaged.subarray(from, to)));
  if (!isCaught) return false;
  const covered = [...chunks, ...blocks];
  return bytes.every((byte, at) =>
    byte === damaged[at] || covered.some(([from, to]) => from <= at && at < to)
  );
}
