/**
 * Finds functions longer than a limit, by the TypeScript compiler's own parser.
 * @module
 */
import ts from "typescript";

/** A function that is too long. */
export interface LongFunction {
  name: string;
  line: number;
  length: number;
}

/** All functions and methods of a source text with more than `limit` lines, their doc comment not counted. */
export function longFunctions(path: string, text: string, limit: number): LongFunction[] {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const found: LongFunction[] = [];
  const visit = (node: ts.Node) => {
    if (ts.isFunctionLike(node) && "body" in node && node.body) {
      const first = source.getLineAndCharacterOfPosition(node.getStart(source)).line;
      const last = source.getLineAndCharacterOfPosition(node.end).line;
      const name = node.name && ts.isIdentifier(node.name) ? node.name.text : "anonymous";
      if (last - first + 1 > limit) found.push({ name, line: first + 1, length: last - first + 1 });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}
