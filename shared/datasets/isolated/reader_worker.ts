/**
 * The thread of one file: without permissions, with memory of its own, and gone after its answer.
 * @module
 */
import { DatasetError } from "../dataset.ts";
import { readDataset } from "../read_dataset.ts";
import type { Answer, Request } from "./messages.ts";

// cast: the type checker takes this file for one of a window.
const thread = globalThis as unknown as {
  onmessage: (event: MessageEvent<Request>) => void;
  postMessage(answer: Answer, transfer?: Transferable[]): void;
};

thread.onmessage = ({ data: { bytes, file, options } }) => {
  try {
    const judged = readDataset(bytes, file, options);
    const arrays = Object.values(judged.dataset).filter((value) => ArrayBuffer.isView(value));
    thread.postMessage({ judged }, [...new Set(arrays.map(({ buffer }) => buffer as ArrayBuffer))]);
  } catch (error) {
    // Thrown on, it would be printed with its stack.
    if (!(error instanceof DatasetError)) return thread.postMessage({ failed: String(error) });
    // Whatever a value was, only its text is told.
    const { value, ...place } = error.place;
    const shown = value === undefined ? {} : { value: String(value) };
    thread.postMessage({ refused: { place: { ...place, ...shown }, fault: error.fault } });
  }
};
thread.postMessage({ ready: true });
