//! The plugin's `ipc:` handler against tauri's own, in a real window: the same requests to an app with
//! the plugin, on and off, and to one without, and byte for byte the same answers.
//!
//! What a page cannot send (no `Origin`, a path that is no UTF-8) is tested in `plugin/ipc/tests.rs`.

mod common;

use anyhow::Result;
use common::telemetry;
use otel_harness::{App, Collector};
use serde_json::Value;

/// Sends every request of the table below the headers that tauri's own script sets, which are caught
/// from one real invoke, and returns the answers with all that a page can see of them.
const REQUESTS: &str = r#"
const native = window.fetch;
const sent = await new Promise((resolve) => {
  window.fetch = function (url, init) {
    window.fetch = native;
    resolve(Object.fromEntries(init.headers));
    return native.call(window, url, init);
  };
  window.__TAURI__.core.invoke('greet', { name: 'x' });
});
delete sent.traceparent;

const without = (...names) => (headers) => {
  for (const name of names) delete headers[name];
};
const set = (name, value) => (headers) => {
  headers[name] = value;
};
const json = '{"name":"you"}';
const table = {
  'a command': ['greet', json],
  'an empty body': ['attributed', ''],
  'an error': ['fail', '{}'],
  'missing arguments': ['greet', '{}'],
  'arguments of a wrong type': ['greet', '{"name":1}'],
  'an unknown command': ['no such command', '{}'],
  'no command': ['', '{}'],
  'a core command': ['plugin:window|title', '{"label":"main"}'],
  'a refused command': ['plugin:window|set_title', '{}'],
  'an unknown plugin': ['plugin:nothing|at_all', '{}'],
  'half a plugin command': ['plugin:window', '{}'],
  'raw bytes': ['echo', new Uint8Array([0, 255, 1]), set('content-type', 'application/octet-stream')],
  'no bytes': ['echo', new Uint8Array([]), set('content-type', 'application/octet-stream')],
  'json to a command of bytes': ['echo', '{}'],
  'no content type': ['echo', new Uint8Array([7]), without('content-type')],
  'a bad content type': ['greet', json, set('content-type', 'nonsense')],
  'an unknown content type': ['greet', json, set('content-type', 'text/html')],
  'a content type with a charset': ['greet', json, set('content-type', 'application/json; charset=utf-8')],
  'an empty content type': ['greet', json, set('content-type', '')],
  'bad json': ['greet', '{'],
  'json that is no object': ['greet', '[1]'],
  'json with invalid utf-8': ['greet', new Uint8Array([123, 34, 255, 34, 125])],
  'no key': ['greet', json, without('tauri-invoke-key')],
  'no callback': ['greet', json, without('tauri-callback')],
  'a bad callback': ['greet', json, set('tauri-callback', 'x')],
  'a callback that is too large': ['greet', json, set('tauri-callback', '4294967296')],
  'no error callback': ['greet', json, without('tauri-error')],
  'a bad error callback': ['greet', json, set('tauri-error', '-1')],
  'nothing at all': ['greet', json, without('tauri-invoke-key', 'tauri-callback', 'tauri-error')],
  'an encoded name': ['gr%65et', json],
  'GET': ['greet', undefined, () => {}, 'GET'],
  'PUT': ['greet', json, () => {}, 'PUT'],
  'OPTIONS': ['greet', undefined, () => {}, 'OPTIONS'],
};

// The key is another one in each app, the callbacks in each page, and while telemetry is on each invoke has a parent.
const changing = ['tauri-invoke-key', 'tauri-callback', 'tauri-error', 'traceparent'];
const seenByCommand = async (headers) => {
  const url = window.__TAURI_INTERNALS__.convertFileSrc('headers', 'ipc');
  const response = await native(url, { method: 'POST', body: '{}', headers });
  return (await response.json()).filter(([name]) => !changing.includes(name)).sort();
};

const answers = {
  'the headers of a command': await seenByCommand({
    ...sent, 'X-App': 'of the app', 'x-empty': '', 'x-latin': 'é',
  }),
};
for (const [what, [cmd, body, change = () => {}, method = 'POST']] of Object.entries(table)) {
  const headers = { ...sent };
  change(headers);
  const url = cmd.includes('%') ? `ipc://localhost/${cmd}` : window.__TAURI_INTERNALS__.convertFileSrc(cmd, 'ipc');
  const response = await native(url, { method, body, headers }).catch(String);
  answers[what] = typeof response === 'string' ? response : [
    response.status,
    [...response.headers].sort().join(' '),
    Array.from(new Uint8Array(await response.arrayBuffer())).join(),
  ];
}

// A wrong key is never answered: the request is dropped, and the page waits for nothing.
const wrongKey = native(window.__TAURI_INTERNALS__.convertFileSrc('greet', 'ipc'), {
  method: 'POST',
  body: json,
  headers: { ...sent, 'tauri-invoke-key': 'wrong' },
}).then(() => 'answered', () => 'failed');
const next = async () => {
  await window.__TAURI__.core.invoke('greet', { name: 'x' });
  await window.__TAURI__.core.invoke('greet', { name: 'x' });
  return 'pending';
};
answers['a wrong key'] = await Promise.race([wrongKey, next()]);
return answers;
"#;

async fn answers(program: &str, env: &[(&str, &str)]) -> Result<(Value, String)> {
    let app = App::launch(program, env).await?;
    let answers = app.js_async(REQUESTS).await?;
    let output = app.output();
    app.quit().await?;
    Ok((answers, output))
}

#[tokio::test]
async fn every_answer_is_tauri_s_own() -> Result<()> {
    let collector = Collector::start().await?;
    let (tauri, _) = answers("bare", &[]).await?;
    let (off, off_output) = answers("minimal", &[]).await?;
    let (on, on_output) = answers("minimal", &telemetry(&collector)).await?;
    let table = tauri.as_object().expect("an answer to every request");
    assert!(table.len() > 30, "{tauri:#}");
    let headers = table["the headers of a command"].to_string();
    assert!(headers.contains(r#"["x-app","of the app"]"#), "{headers}");
    for (what, answer) in table {
        assert_eq!(off[what], *answer, "off: {what}");
        assert_eq!(on[what], *answer, "on: {what}");
    }
    for output in [off_output, on_output] {
        assert!(
            !output.contains("INVOKE_KEY"),
            "the key is logged: {output}"
        );
    }
    Ok(())
}
