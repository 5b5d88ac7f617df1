import { createRequire } from 'node:module';
import { parse, type Token } from 'acorn';
import { walk, type Node } from 'estree-walker';
import MagicString, { type SourceMap } from 'magic-string';
import { canBeBlock } from './canBeBlock.js';
import type { FunctionNode, Located } from './nodes.js';

/**
 * What the rewritten code imports, as a file: of the packages of a workspace only the app depends on this one, so from the
 * others its name cannot be resolved.
 */
const RUNTIME = createRequire(import.meta.url)
  .resolve('tauri-plugin-opentelemetry-api/await')
  .replaceAll('\\', '/');
const IMPORT = `\nimport{frame as __otelFrame,capture as __otelCapture,restore as __otelRestore,leave as __otelLeave}from${JSON.stringify(RUNTIME)};`;
const ENTER = 'const __otel=__otelFrame();try{';
const LEAVE = '}finally{__otelLeave(__otel)}';

/** A module that was rewritten. */
export interface Transformed {
  readonly code: string;
  readonly map: SourceMap;
}

/** An asynchronous function, and what is known of it once its body was walked. */
interface Scope {
  readonly node: FunctionNode;
  readonly awaits: Located[];
  /** Whether it waits in a form that cannot be rewritten, so that all of it stays as it is. */
  isLeftOut: boolean;
}

/**
 * Rewrites the asynchronous functions of a module so that the active span is there again after each `await`. `undefined`
 * if there is nothing to rewrite.
 *
 * Left out are asynchronous generators, functions with `for await` or `await using`, whose waiting has no expression
 * that could be rewritten, and `await` at the top level of a module.
 *
 * @throws SyntaxError if the code is no JavaScript.
 */
export function transformAwaits(
  code: string,
  id: string,
): Transformed | undefined {
  const arrows: Token[] = [];
  const program = parse(code, {
    ecmaVersion: 'latest',
    sourceType: 'module',
    allowHashBang: true,
    onToken: (token) => {
      if (token.type.label === '=>') arrows.push(token);
    },
  });
  const isCommonJs =
    !program.body.some((node) => /^(?:Import|Export)/.test(node.type)) &&
    /\b(?:require|module|exports)\b/.test(code);
  // It cannot import anything.
  if (isCommonJs) return undefined;

  const found = findAwaits(program as Node);
  if (!found.length) return undefined;
  const text = new MagicString(code);
  for (const scope of found) rewrite(text, scope, arrows);
  // At the end, where it neither moves a line nor comes before a directive.
  text.append(IMPORT);
  return {
    code: text.toString(),
    map: text.generateMap({
      source: id,
      hires: 'boundary',
      includeContent: true,
    }),
  };
}

/** The functions to be rewritten: inner ones come before those around them. */
function findAwaits(program: Node): Scope[] {
  const found: Scope[] = [];
  const around: (Scope | undefined)[] = [];
  walk(program, {
    enter(node) {
      if (isFunction(node)) around.push(scopeOf(node));
      const scope = around.at(-1);
      if (!scope) return;
      if (node.type === 'AwaitExpression') {
        scope.awaits.push(node as unknown as Located);
      }
      const waitsOtherwise =
        (node.type === 'ForOfStatement' && node.await) ||
        (node.type === 'VariableDeclaration' &&
          (node.kind as string) === 'await using');
      if (waitsOtherwise) scope.isLeftOut = true;
    },
    leave(node) {
      if (!isFunction(node)) return;
      const scope = around.pop();
      if (scope?.awaits.length && !scope.isLeftOut && canBeBlock(scope.node)) {
        found.push(scope);
      }
    },
  });
  return found;
}

function isFunction(node: Node): boolean {
  return /Function/.test(node.type);
}

function scopeOf(node: Node): Scope | undefined {
  const fn = node as unknown as FunctionNode;
  return fn.async && !fn.generator
    ? { node: fn, awaits: [], isLeftOut: false }
    : undefined;
}

function rewrite(text: MagicString, scope: Scope, arrows: Token[]): void {
  const { node, awaits } = scope;
  // What is inserted at one place comes in this order: the beginning of a function, that of an `await`, and the ends
  // from the inside out.
  for (const { start, end } of awaits) {
    text.prependRight(start, '__otelRestore(');
    text.appendLeft(start + 'await'.length, ' __otelCapture(__otel,');
    text.appendLeft(end, '))');
  }
  const { body } = node;
  if (body.type === 'BlockStatement') {
    const directive = body.body.findLast((statement) => statement.directive);
    if (directive) text.appendLeft(directive.end, `;${ENTER}`);
    else text.appendLeft(body.start + 1, ENTER);
    text.appendLeft(body.end - 1, LEAVE);
  } else {
    const arrow = arrows.findLast(({ start }) => start < body.start) as Token;
    text.appendLeft(arrow.end, `{${ENTER}return (`);
    text.appendLeft(node.end, `)${LEAVE}}`);
  }
}
