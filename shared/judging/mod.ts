/**
 * The one judgement of a file, before it is a task: for the import, for `cugro datasets` and for the gateway.
 * @module
 */
export {
  type JudgedFile,
  judgeFile,
  judgeFileAt,
  type OpenFile,
  READ_WHOLE_BYTES,
  type Trust,
} from "./judge_file.ts";
export { findEnvironment, noticeOfEnvironment } from "./environment_of.ts";
