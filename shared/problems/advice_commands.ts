/**
 * Commands in advice, as lines that can be pasted. Pure.
 * @module
 */

const NAME = "[a-z0-9-]+";
const ADVISED = new RegExp(
  `\\bcugro ((?:promote|retry|rollback|cancel|relabel) \\d+(?: --set \\S+)* --learner ${NAME}|learner create ${NAME}|(?:versions|evaluate) --learner ${NAME}|` +
    `run --learner ${NAME} --from-next-task --set \\w+=\\w+|run FILE --learner ${NAME}|status --learner ${NAME})`,
  "g",
);

/**
 * Words of a command with what names its place: `flag`, but for `evaluate`, which a gateway cannot do.
 *
 * @param words of a command
 * @param flag such as `--store FOLDER`
 * @returns words
 */
export function withFlag(words: string, flag: string): string {
  return `${words} ${words.startsWith("evaluate ") && flag.startsWith("--url ") ? "--store STORE" : flag}`;
}

/**
 * Text with each command that it advises completed.
 *
 * @param complete makes a line of `promote 2 --learner mine`
 * @param text with commands in it
 * @returns the text
 */
export function withCommands(text: string, complete: (words: string) => string): string {
  return text.replace(ADVISED, (_, words: string) => complete(words));
}
