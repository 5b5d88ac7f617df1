// The everyday form: a span around what a click does, and the invokes through it.
const { telemetry } = window.__TAURI__.opentelemetry ?? {};
const { Channel, invoke } = window.__TAURI__.core;

/** One button per kind of command; its id is the name here. */
const actions = {
  greet: (call) => call('greet', { name: 'you' }),
  slow: (call) => call('slow', { ms: 20 }),
  attributed: (call) => call('attributed'),
  spawned: (call) => call('spawned', { ms: 20 }),
  detached: (call) => call('detached', { ms: 20 }),
  fail: (call) => call('fail'),
  boom: (call) => call('boom'),
  echo: (call) => call('echo', new Uint8Array([1, 2, 3])),
  'window-title': (call) => call('plugin:window|title', { label: 'main' }),
  unknown: (call) => call('no_such_command'),
  refused: (call) =>
    call('plugin:window|set_title', { label: 'main', value: '' }),
  second: (call) => call('open_second'),
  async stream(call) {
    const channel = new Channel();
    const numbers = new Promise((resolve) => {
      channel.onmessage = (number) => number === 4 && resolve(number);
    });
    await call('stream', { channel, count: 5 });
    return numbers;
  },
};

const log = (line) =>
  (document.querySelector('#log').textContent += `${line}\n`);

async function run(id, call) {
  try {
    const result = await actions[id](call);
    log(
      `${id}: ok ${result instanceof ArrayBuffer ? result.byteLength : result}`,
    );
  } catch (error) {
    log(`${id}: error ${error}`);
  }
}

for (const id of Object.keys(actions)) {
  const button = document.createElement('button');
  button.id = id;
  button.textContent = id;
  button.onclick = () =>
    telemetry
      ? telemetry.withSpan('ui.button_click', { button: id }, (span) =>
          run(id, (cmd, args) => span.invoke(cmd, args)),
        )
      : run(id, invoke);
  document.querySelector('#buttons').append(button);
}

// What a page does while it loads belongs to the trace of the command that has opened its window.
const { label } = window.__TAURI_INTERNALS__.metadata.currentWebview;
if (label !== 'main') invoke('greet', { name: label });

document.querySelector('#enabled').textContent = telemetry?.enabled
  ? 'on'
  : 'off';
