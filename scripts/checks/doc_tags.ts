/**
 * Docstrings of exported functions: which tags for arguments, results and errors they have and lack. Pure.
 * @module
 */
import ts from "typescript";

/** An exported function, as its docstring describes it. */
export interface DocumentedFunction {
  name: string;
  line: number;
  parameters: readonly { name: string; type: string }[];
  /** Whether it returns a value, or yields one. */
  returnsValue: boolean;
  /** Whether its own body holds a `throw`. */
  throws: boolean;
  /** Tags of its docstring, in order and with repetitions, and their text. */
  tags: readonly { name: string; text: string }[];
  /** The sentence before the tags. */
  text: string;
}

/** The exported functions of a source file, in the order of its lines. */
export function documentedFunctions(path: string, text: string): DocumentedFunction[] {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  return source.statements.filter(ts.isFunctionDeclaration).filter(isExported).map((node) => ({
    name: node.name?.text ?? "default",
    line: source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1,
    parameters: node.parameters.map(({ name, type }) => ({
      name: ts.isIdentifier(name) ? name.text : "",
      type: type?.getText(source) ?? "",
    })),
    returnsValue: !/^(?:void|never|Promise<(?:void|never)>|asserts .*)?$/.test(
      node.type?.getText(source) ?? "",
    ),
    throws: node.body !== undefined && holdsThrow(node.body),
    ...docOf(node),
  }));
}

const isExported = (node: ts.FunctionDeclaration) =>
  node.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) ?? false;

/** A `throw` of its own, not of a callback inside it. */
function holdsThrow(node: ts.Node): boolean {
  if (ts.isThrowStatement(node)) return true;
  if (ts.isFunctionLike(node)) return false;
  return ts.forEachChild(node, (child) => holdsThrow(child) || undefined) ?? false;
}

function docOf(node: ts.FunctionDeclaration): Pick<DocumentedFunction, "tags" | "text"> {
  const docs = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc);
  const textOf = (comment: string | ts.NodeArray<ts.JSDocComment> | undefined) =>
    ts.getTextOfJSDocComment(comment)?.trim() ?? "";
  return {
    text: docs.map(({ comment }) => textOf(comment)).join("\n"),
    tags: docs.flatMap(({ tags = [] }) =>
      [...tags].map((tag) => ({ name: tag.tagName.text, text: tag.getText().replace(/^@\w+\s*/, "").trim() }))
    ),
  };
}

const ARRAYS = /\b(?:Float32Array|Float64Array|Int32Array|tf\.Tensor\w*)\b/;
/** Flags have a shape; the bytes of a file, a message or a body have none, and are called bytes. */
const FLAGS_OR_BYTES = /\bUint8Array\b/;

/**
 * What the docstring of a function lacks: `@param` (with a shape for arrays and tensors, or the word bytes), `@returns` or `@yields`, and
 * `@throws {Class}` where its own body throws.
 * @returns a sentence each
 */
export function lackingTags({ parameters, returnsValue, throws, tags }: DocumentedFunction): string[] {
  const has = (...names: string[]) => tags.some(({ name }) => names.includes(name));
  const texts = tags.filter(({ name }) => name === "param").map(({ text }) => text);
  const lacks = (text: string, type: string) =>
    !text.includes("`[") && (ARRAYS.test(type) || FLAGS_OR_BYTES.test(type) && !/\bbytes?\b/.test(text));
  const shapeless = parameters.filter(({ name, type }) =>
    !type.includes("=>") && texts.some((text) => text.startsWith(`${name} `) && lacks(text, type))
  );
  return [
    ...parameters.length > 0 && !has("param") ? ["has no @param"] : [],
    ...returnsValue && !has("returns", "yields") ? ["has no @returns"] : [],
    ...throws && !has("throws") ? ["throws and has no @throws"] : [],
    ...tags.some(({ name, text }) => name === "throws" && !/^\{\w+\}/.test(text))
      ? ["has a @throws without its {Class}"]
      : [],
    ...shapeless.map(({ name }) => `has no shape in @param ${name}`),
  ];
}
