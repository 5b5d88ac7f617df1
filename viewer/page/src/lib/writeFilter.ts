/** The text that `parseFilter` reads as these parameters. */
export function writeFilter(params: URLSearchParams): string {
  const parts: string[] = [];
  for (const name of ['service', 'command', 'window'])
    if (params.get(name)) parts.push(quote(`${name}:${params.get(name)}`));
  if (params.get('minDuration')) parts.push(`>${params.get('minDuration')}`);
  if (params.get('maxDuration')) parts.push(`<${params.get('maxDuration')}`);
  if (params.get('error'))
    parts.push(params.get('error') === 'true' ? 'error' : '-error');
  parts.push(...params.getAll('attribute').map(quote));
  if (params.get('search')) parts.push(params.get('search') ?? '');
  return parts.join(' ');
}

function quote(text: string): string {
  if (!/\s/.test(text)) return text;
  const at = text.search(/[:=]/) + 1;
  return `${text.slice(0, at)}"${text.slice(at)}"`;
}
