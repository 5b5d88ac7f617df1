import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** A running `tracepane` of this workspace. */
export interface Program {
  /** The link that it printed, with the token. */
  readonly link: string;
  close(): Promise<void>;
}

/**
 * Starts `tracepane` with a folder of its own and these arguments. Builds it, unless `cargo xtask test` has: that says so in
 * `HARNESS_BUILT_PROGRAMS`.
 */
export async function program(...args: string[]): Promise<Program> {
  const folder = await mkdtemp(join(tmpdir(), 'tracepane-'));
  const built = JSON.parse(process.env['HARNESS_BUILT_PROGRAMS'] ?? '{}') as {
    tracepane?: string;
  };
  const binary = built.tracepane ?? (await build());
  const ports = ['--http-port', '0', '--grpc-port', '0'];
  const child = spawn(binary, [...args, '--folder', folder, ...ports], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  // Read to its end: a program whose standard error is closed cannot write to it.
  const lines = createInterface(child.stderr);
  const link = await new Promise<string>((resolve, reject) => {
    const said: string[] = [];
    lines.on('line', (line) => {
      said.push(line);
      const found = /^tracepane shows (.*)$/.exec(line)?.[1];
      if (found) resolve(found);
    });
    lines.on('close', () =>
      reject(new Error(`tracepane did not start: ${said.join('\n')}`)),
    );
  });
  return { link, close: () => end(child, folder) };
}

async function build(): Promise<string> {
  const cargo = spawn(
    'cargo',
    ['build', '-p', 'tracepane', '--message-format=json-render-diagnostics'],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let binary: string | undefined;
  for await (const line of createInterface(cargo.stdout)) {
    const { executable } = JSON.parse(line) as { executable?: string };
    if (executable) binary = executable;
  }
  if (!binary) throw new Error('tracepane does not compile');
  return binary;
}

async function end(process: ChildProcess, folder: string): Promise<void> {
  if (process.exitCode === null) {
    const ended = once(process, 'exit');
    process.kill('SIGTERM');
    await ended;
  }
  await rm(folder, { recursive: true, force: true });
}
