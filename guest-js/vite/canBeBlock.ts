import { walk, type Node } from 'estree-walker';
import type { FunctionNode } from './nodes.js';

/**
 * Whether the statements of a function may stand inside of another block. At the top of a function, functions may share
 * their name with each other and with `var`; in a block that is an error.
 */
export function canBeBlock({ body }: FunctionNode): boolean {
  if (body.type !== 'BlockStatement') return true;
  const functions = body.body.flatMap((statement) =>
    statement.type === 'FunctionDeclaration' ? statement.id.name : [],
  );
  if (!functions.length) return true;
  const names = new Set(functions);
  if (names.size < functions.length) return false;
  const variables = new Set<string>();
  walk(body as unknown as Node, {
    enter(node) {
      if (/Function/.test(node.type)) this.skip();
      else if (node.type === 'VariableDeclaration' && node.kind === 'var') {
        for (const { id } of node.declarations) addNames(id, variables);
      }
    },
  });
  return functions.every((name) => !variables.has(name));
}

/** Adds all names in a pattern, and those in its defaults, which do no harm here. */
function addNames(pattern: Node, names: Set<string>): void {
  walk(pattern, {
    enter(node) {
      if (node.type === 'Identifier') names.add(node.name);
    },
  });
}
