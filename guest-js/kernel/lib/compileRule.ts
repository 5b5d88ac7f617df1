import type { KernelConfig } from '../../bindings/KernelConfig.js';
import type { CommandRule } from '../types/commandRule.js';

/** A glob (`*` any characters, `?` one) over whole command names, made ready for the hot path. */
export function compileRule(
  rule: KernelConfig['commands'][number],
): CommandRule {
  const source = rule.pattern
    .replace(/[^\w*?]/g, '\\$&')
    .replace(/\*/g, '.*')
    .replace(/\?/g, '.');
  return { pattern: new RegExp(`^${source}$`, 's'), ratio: rule.ratio };
}
