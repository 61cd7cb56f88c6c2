/**
 * @file Reads the operations' signatures and docstrings out of the TypeScript sources, as a reader of the documentation
 * wants to see them: option objects written out, types left away. Pure.
 */
import { parseSync } from 'vite';

export interface Signature {
  readonly name: string;
  /** The words of its docstring, without tags and examples, on one line. */
  readonly meaning: string;
  readonly parameters: readonly Parameter[];
  /** As written in the source. */
  readonly returns: string;
}

export interface Parameter {
  readonly name: string;
  readonly optional: boolean;
  readonly rest: boolean;
  readonly type: string;
  /** Names of the options, where it is an object of them. */
  readonly options: readonly string[] | undefined;
}

/** A node of the syntax tree: only what is looked at. */
interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [key: string]: unknown;
}

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && typeof (value as Node).type === 'string';
const nodesOf = (value: unknown): Node[] => (Array.isArray(value) ? value.filter(isNode) : []);
const nameOf = (node: unknown): string => (isNode(node) && typeof node.name === 'string' ? node.name : '');

interface Source {
  readonly text: string;
  readonly body: readonly Node[];
  readonly comments: readonly { readonly value: string; readonly start: number; readonly end: number }[];
}

function parse(path: string, text: string): Source {
  const { program, comments, errors } = parseSync(path, text);
  if (errors.length > 0) throw new Error(`${path}: ${errors.map((e) => e.message).join('; ')}`);
  const statements = nodesOf((program as unknown as Node).body);
  const body = statements.map((s) => (isNode(s.declaration) ? { ...s.declaration, outer: s.start } : s));
  return { text, body, comments };
}

/** The docstring that ends right before a place. */
function docstring({ text, comments }: Source, at: number): string {
  const found = comments.find(
    ({ end, value }) => value.startsWith('*') && /^\s*$/.test(text.slice(end, at)) && end <= at,
  );
  const [words = ''] = (found?.value ?? '').split(/^\s*\* @/m);
  return words
    .replace(/^\*|^\s*\* ?/gm, '')
    .replace(/\s+/g, ' ')
    .trim();
}

/** Members of an options type: a literal, an interface of the same file, or several of them joined. */
function optionsOf(source: Source, type: Node): string[] | undefined {
  if (type.type === 'TSTypeLiteral') return memberNames(type.members);
  if (type.type === 'TSIntersectionType')
    return nodesOf(type.types).flatMap((t) => optionsOf(source, t) ?? []);
  if (type.type !== 'TSTypeReference' || !nameOf(type.typeName).endsWith('Options')) return undefined;
  const declared = source.body.find(
    (s) => s.type === 'TSInterfaceDeclaration' && nameOf(s.id) === nameOf(type.typeName),
  );
  return declared && isNode(declared.body) ? memberNames(declared.body.body) : undefined;
}

const memberNames = (members: unknown): string[] =>
  nodesOf(members).map((m) => nameOf(m.key) + (m.optional === true ? '?' : ''));

function parameterOf(source: Source, node: Node): Parameter {
  const rest = node.type === 'RestElement';
  const hasDefault = node.type === 'AssignmentPattern';
  const binding = (rest ? node.argument : hasDefault ? node.left : node) as Node;
  const annotation = binding.typeAnnotation ?? node.typeAnnotation;
  const type = isNode(annotation) ? (annotation.typeAnnotation as Node) : undefined;
  // A generator is an object too, but not of options.
  const isObject = nodesOf(type?.members).every((m) => m.type === 'TSPropertySignature');
  return {
    name: nameOf(binding),
    optional: hasDefault || binding.optional === true,
    rest,
    type: type ? source.text.slice(type.start, type.end) : '',
    options: type && isObject ? optionsOf(source, type) : undefined,
  };
}

function signatureOf(source: Source, name: string, at: number, params: unknown, returns: unknown): Signature {
  const type = (returns as Node).typeAnnotation as Node;
  return {
    name,
    meaning: docstring(source, at),
    parameters: nodesOf(params).map((p) => parameterOf(source, p)),
    returns: source.text.slice(type.start, type.end),
  };
}

/** The methods of an interface. */
export function methodsOf(path: string, text: string, interfaceName: string): Signature[] {
  const source = parse(path, text);
  const found = source.body.find(
    (s) => s.type === 'TSInterfaceDeclaration' && nameOf(s.id) === interfaceName,
  );
  if (!isNode(found?.body)) throw new Error(`${path}: there is no interface ${interfaceName}`);
  return nodesOf(found.body.body)
    .filter((m) => m.type === 'TSMethodSignature')
    .map((m) => signatureOf(source, nameOf(m.key), m.start, m.params, m.returnType));
}

/** An exported function, or a constant that says `as (...) => ...` of itself. */
export function functionOf(path: string, text: string, name: string): Signature {
  const source = parse(path, text);
  for (const statement of source.body) {
    const at = typeof statement.outer === 'number' ? statement.outer : statement.start;
    if (statement.type === 'FunctionDeclaration' && nameOf(statement.id) === name)
      return signatureOf(source, name, at, statement.params, statement.returnType);
    for (const { id, init } of nodesOf(statement.declarations)) {
      if (nameOf(id) !== name || !isNode(init) || !isNode(init.typeAnnotation)) continue;
      const { params, returnType } = init.typeAnnotation;
      return signatureOf(source, name, at, params, returnType);
    }
  }
  throw new Error(`${path}: there is no function ${name}`);
}
