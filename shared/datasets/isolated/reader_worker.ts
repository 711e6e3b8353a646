/**
 * The thread of one file: with no more permissions than to read this file, with memory of its own, and gone after its answer.
 * @module
 */
import { openFileSource } from "../blocks/file_source.ts";
import { NoRoomError, roomIn } from "../blocks/room.ts";
import { DatasetError } from "../dataset.ts";
import { readByRanges, readDataset } from "../read_dataset.ts";
import { datasetHash } from "../stored.ts";
import type { Answer, Request } from "./reader_messages.ts";

// cast: the type checker takes this file for one of a window.
const thread = globalThis as unknown as {
  onmessage: (event: MessageEvent<Request>) => void;
  postMessage(answer: Answer, transfer?: Transferable[]): void;
};

thread.onmessage = ({ data }) => {
  try {
    const answer = answerTo(data);
    thread.postMessage(answer, buffersIn(answer));
  } catch (error) {
    if (error instanceof NoRoomError) return thread.postMessage({ noRoom: true });
    // Thrown on, it would be printed with its stack.
    if (!(error instanceof DatasetError)) return thread.postMessage({ failed: String(error) });
    // Whatever a value was, only its text is told.
    const { value, ...place } = error.place;
    const shown = value === undefined ? {} : { value: String(value) };
    thread.postMessage({ refused: { place: { ...place, ...shown }, fault: error.fault } });
  }
};
thread.postMessage({ ready: true });

function answerTo(request: Request): Answer {
  const { file, options } = request;
  if ("bytes" in request) return { judged: readDataset(request.bytes, file, options) };
  const { path, folder, memoryBytes, blockBytes, withHash } = request;
  const room = roomIn(folder, memoryBytes, blockBytes);
  const source = openFileSource(path);
  try {
    const { dataset, ...rest } = readByRanges(source, file, options, room);
    const { states, actions, nextStates } = dataset;
    const places = { states: states.place, actions: actions.place, nextStates: nextStates.place };
    const hash = withHash ? { hash: datasetHash(dataset) } : {};
    return { placed: { dataset: { ...dataset, ...places }, ...rest, ...hash } };
  } finally {
    source.close();
    room.close();
  }
}

/** Of all arrays in an answer: they are handed over, not copied. */
function buffersIn(answer: Answer): ArrayBuffer[] {
  const dataset = "judged" in answer
    ? answer.judged.dataset
    : "placed" in answer
    ? answer.placed.dataset
    : {};
  const arrays = Object.values(dataset).flatMap((value: unknown) =>
    ArrayBuffer.isView(value) ? [value] : isPlaced(value) ? [value.data] : []
  );
  return [...new Set(arrays.map(({ buffer }) => buffer as ArrayBuffer))];
}

function isPlaced(value: unknown): value is { data: Float32Array } {
  return typeof value === "object" && value !== null && "data" in value && ArrayBuffer.isView(value.data);
}
