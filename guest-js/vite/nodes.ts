import type { Node } from 'estree-walker';

/** A node with its place in the code, which acorn gives and the types of estree leave out. */
export interface Located {
  readonly start: number;
  readonly end: number;
}

/** Any function. */
export interface FunctionNode extends Located {
  readonly async: boolean;
  readonly generator: boolean;
  readonly body: BlockNode | ExpressionNode;
}

interface BlockNode extends Located {
  readonly type: 'BlockStatement';
  readonly body: readonly (Node & Located & { readonly directive?: string })[];
}

/** What an arrow function without a block returns. */
interface ExpressionNode extends Located {
  readonly type: 'Expression';
}
