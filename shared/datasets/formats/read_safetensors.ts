/**
 * Reads safetensors files of strangers. The stored form of a dataset has a stricter reader of its own (`stored.ts`).
 * @module
 */
import { type ByteSource, type NumberType, partOf, toNumbers, type Values, valuesBy } from "@cugro/hdf5";
import { DatasetError, type RawArray, type RawDataset } from "../dataset.ts";
import { attributesOfTexts } from "./text_attributes.ts";
import { HeaderFault, readHeader } from "./safetensors_header.ts";

const float = (size: number) => ({ kind: "float", size, signed: true, littleEndian: true } as const);
const integer = (size: number, signed: boolean) =>
  ({ kind: "integer", size, signed, littleEndian: true }) as const;

/** Types that are read; others may only be those of tensors that are not used. */
const TYPES: Readonly<Record<string, NumberType>> = {
  F64: float(8),
  F32: float(4),
  F16: float(2),
  BF16: { ...float(2), kind: "bfloat" },
  I64: integer(8, true),
  I32: integer(4, true),
  I16: integer(2, true),
  I8: integer(1, true),
  U64: integer(8, false),
  U32: integer(4, false),
  U16: integer(2, false),
  U8: integer(1, false),
  BOOL: integer(1, false),
};
const MOST_SIDES = 32;

interface Tensor {
  name: string;
  dtype: string;
  shape: number[];
  begin: number;
  end: number;
}

/**
 * Reads the wanted tensors; the header's metadata become attributes (numbers and lists in JSON notation).
 *
 * @param source the file; of one that does not lie in memory, tensors are read when they are asked for
 * @param file name used in errors
 * @param wanted names of tensors; of others only the place in the file is looked at
 * @returns arrays by name, and attributes
 * @throws {DatasetError} naming the tensor whose type, shape or place is wrong
 */
export function readSafetensors(
  source: ByteSource,
  file: string,
  wanted: ReadonlySet<string>,
): RawDataset {
  const { header, dataAt } = headerOf(source, file);
  const data = partOf(source, dataAt);
  const { size } = data;
  const names = Object.keys(header).filter((name) => name !== "__metadata__");
  const tensors = names.map((name) => tensorOf(name, header[name], size, file));
  checkPlaces(tensors, size, file);
  const arrays: Record<string, RawArray> = {};
  for (const tensor of tensors) {
    if (wanted.has(tensor.name)) arrays[tensor.name] = readTensor(data, tensor, file);
  }
  return { arrays, attributes: attributesOfTexts(header.__metadata__, file), present: names };
}

function headerOf(source: ByteSource, file: string): ReturnType<typeof readHeader> {
  try {
    return readHeader(source);
  } catch (cause) {
    if (!(cause instanceof HeaderFault)) throw cause;
    throw new DatasetError({ file }, `the safetensors file is damaged: ${cause.message}`, { cause });
  }
}

const isSize = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

function tensorOf(field: string, value: unknown, size: number, file: string): Tensor {
  const fail = (fault: string, shown?: unknown): never => {
    throw new DatasetError(
      { file, field, ...(shown === undefined ? {} : { value: JSON.stringify(shown) }) },
      fault,
    );
  };
  if (field.startsWith("__")) fail("a tensor cannot have this name");
  const { dtype, shape, data_offsets: offsets } = (value ?? {}) as Record<string, unknown>;
  if (typeof dtype !== "string") return fail("its type is missing");
  if (!Array.isArray(shape) || shape.length > MOST_SIDES || !shape.every(isSize)) {
    return fail("its shape must be a list of whole numbers", shape);
  }
  if (
    !Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isSize) || offsets[0]! > offsets[1]!
  ) {
    return fail("its data_offsets must be a beginning and an end", offsets);
  }
  const [begin, end] = offsets as [number, number];
  if (end > size) {
    fail(`it ends at byte ${end} of the data, which has ${size}: the file is cut short, or damaged`);
  }
  return { name: field, dtype, shape, begin, end };
}

/** Tensors fill the data exactly: a gap, an overlap or a rest means a damaged or crafted file. */
function checkPlaces(tensors: readonly Tensor[], size: number, file: string): void {
  let position = 0;
  for (const { name: field, begin, end } of tensors.toSorted((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin < position) throw new DatasetError({ file, field }, "it overlaps another tensor");
    if (begin > position) {
      throw new DatasetError({ file, field }, `${begin - position} bytes before it belong to none`);
    }
    position = end;
  }
  if (position !== size) {
    throw new DatasetError({ file }, `${size - position} bytes too many stand behind its last tensor`);
  }
}

function readTensor(data: ByteSource, tensor: Tensor, file: string): RawArray {
  const { name: field, dtype, shape, begin, end } = tensor;
  if (!Object.hasOwn(TYPES, dtype)) {
    throw new DatasetError(
      { file, field, value: dtype },
      `its type is not read: write one of ${Object.keys(TYPES)}`,
    );
  }
  const type = TYPES[dtype]!;
  const bytes = shape.reduce((product, side) => product * side, type.size);
  if (bytes !== end - begin) {
    const fault = `its shape takes ${bytes} bytes, and it has ${end - begin}`;
    throw new DatasetError({ file, field, value: `[${shape}]` }, fault);
  }
  const integer = type.kind === "integer";
  if (!data.inMemory) return { shape: [...shape], data: valuesAt(partOf(data, begin, end), type), integer };
  const values = new Uint8Array(bytes);
  data.fill(values, begin);
  return { shape: [...shape], data: toNumbers(values, type), integer };
}

function valuesAt(part: ByteSource, type: NumberType): Values {
  return valuesBy((target, from) => part.fill(target, from), type, part.size / type.size, part.place?.(0));
}
