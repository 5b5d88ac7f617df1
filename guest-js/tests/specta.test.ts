import { Channel } from '@tauri-apps/api/core';
import { expect, test } from 'vitest';
import { commands, events, type NoteSaved } from './recorded/tauriSpecta.js';
import { addEvents } from './support/fakeEvents.js';
import { openPage } from './support/openPage.js';

const CONTEXT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

// The recorded bindings are what tauri-specta 2.0.0-rc.26 wrote for three commands and an event.

test('commands of generated bindings are traced below the active span, and mean what they did', async () => {
  const page = await openPage();
  page.commands['read_note'] = ({ payload }) => ({
    ...Object(payload),
    text: 'x',
  });
  page.commands['save_note'] = () => {
    throw 'read-only';
  };
  const saved = await page.telemetry.withSpan('outer', (span) =>
    Promise.all([
      commands.readNote(7),
      span.run(() => commands.saveNote({ id: 7, text: 'x' })),
    ]),
  );
  expect(saved).toEqual([
    { id: 7, text: 'x' },
    { status: 'error', error: 'read-only' },
  ]);
  const outer = (await page.trace()).root('outer');
  outer.child('read_note');
  expect(outer.child('save_note').span.attributes).toEqual({
    'error.type': 'error',
  });
});

test('channels and events of generated bindings continue the trace by this package', async () => {
  const page = await openPage();
  const fake = addEvents(page);
  const { listen, traceChannel } = await import('../events.js');
  page.commands['import_notes'] = () => null;
  const heard: [string, number, string | undefined][] = [];
  const note = (by: string, value: number) =>
    heard.push([by, value, page.telemetry.activeSpan()?.spanContext().traceId]);

  await commands.importNotes(
    traceChannel(new Channel<number>((percent) => note('channel', percent))),
  );
  await events.noteSaved.listen(({ payload }) => note('generated', payload));
  await listen<NoteSaved>('note-saved', ({ payload }) => note('ours', payload));
  fake.emitTraced('note-saved', 7, CONTEXT);
  expect(heard).toEqual([
    ['generated', 7, undefined],
    ['ours', 7, '0af7651916cd43dd8448eb211c80319c'],
  ]);
});
