/**
 * Answers that are sent packed to those who can unpack them.
 * @module
 */
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";

/** A way of packing that browsers know. */
export type Packing = "br" | "gzip";

const PACKINGS: readonly Packing[] = ["br", "gzip"];
/** For what is made for one answer: the last tenth is not worth the wait. */
const BROTLI_QUALITY = 4;
const GZIP_LEVEL = 4;

/**
 * The best way of packing that a request accepts.
 *
 * @param acceptEncoding its header
 * @returns undefined: as it is
 */
export function packingFor(acceptEncoding: string | undefined): Packing | undefined {
  const accepted = (acceptEncoding ?? "").toLowerCase().split(",").flatMap((one) => {
    const [name = "", ...parameters] = one.split(";").map((part) => part.trim());
    return parameters.some((part) => /^q=0(\.0*)?$/.test(part)) ? [] : [name];
  });
  return PACKINGS.find((one) => accepted.includes(one));
}

/**
 * A text as it is sent.
 *
 * @param text of the body
 * @param packing undefined: none
 * @returns its bytes
 */
export async function pack(
  text: string,
  packing: Packing | undefined,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new TextEncoder().encode(text);
  if (packing === undefined) return bytes;
  const packed = packing === "gzip" ? await gzipped(bytes, { level: GZIP_LEVEL }) : await brotlied(bytes, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    },
  });
  return new Uint8Array(packed);
}

const [gzipped, brotlied] = [promisify(gzip), promisify(brotliCompress)];
