/**
 * Finds keys of the store that are built or matched outside the protocol: strings and regular expressions that begin
 * with one of its folders or end with the name of a fact, and texts put behind a prefix. It cannot see everything; it
 * sees how it is done in a hurry.
 * @module
 */
import { KEY_SHAPES, PREFIXES } from "@cugro/protocol";
import ts from "typescript";

/** A piece of code that spells a key out. */
export interface KeyLiteral {
  line: number;
  text: string;
}

const roots = Object.values(PREFIXES).map((prefix) => prefix.slice(0, -1)).join("|");
/** `learners/...`, also as a regular expression has it: `^learners\/...`, `(?:jobs|artifacts)\/...`. */
const BEGINNING = new RegExp(String.raw`^[\^(?:]*(?:${roots})(?:\|(?:${roots}))*\)?\\?/`);
const names = Object.values(KEY_SHAPES).flatMap((shape) => /\/(\w+)\.json$/.exec(shape)?.[1] ?? []);
/** `.../result.json`, also as a regular expression has it; `/checkpoint`. */
const END = new RegExp(String.raw`(?:(?:^|/)(?:${names.join("|")})\\?\.json|/checkpoint)\$?$`);

/** Keys that a source text spells out, in the order of its lines. */
export function keyLiterals(path: string, text: string): KeyLiteral[] {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const found: KeyLiteral[] = [];
  const visit = (node: ts.Node) => {
    if (spellsKey(node)) {
      const { line } = source.getLineAndCharacterOfPosition(node.getStart(source));
      found.push({ line: line + 1, text: node.getText(source) });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function spellsKey(node: ts.Node): boolean {
  if (ts.isRegularExpressionLiteral(node)) {
    const pattern = node.text.slice(1, node.text.lastIndexOf("/"));
    return BEGINNING.test(pattern) || END.test(pattern);
  }
  if (ts.isStringLiteralLike(node)) return BEGINNING.test(node.text) || END.test(node.text);
  if (!ts.isTemplateExpression(node)) return false;
  const last = node.templateSpans.at(-1)!.literal.text;
  return BEGINNING.test(node.head.text) || END.test(last) || node.templateSpans.some(extendsPrefix);
}

/** `${learnerPrefix(name)}tasks/`: a key put together behind what the protocol made. */
function extendsPrefix({ expression, literal }: ts.TemplateSpan): boolean {
  if (!/^[A-Za-z0-9.]/.test(literal.text)) return false;
  const maker = ts.isCallExpression(expression) ? expression.expression : undefined;
  return maker !== undefined && ts.isIdentifier(maker) && /(?:Prefix|Key)$/.test(maker.text) ||
    ts.isPropertyAccessExpression(expression) && expression.expression.getText() === "PREFIXES";
}
