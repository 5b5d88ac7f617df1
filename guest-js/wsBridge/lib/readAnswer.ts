import type { Answer } from '../types/connection.js';
import type { BridgeResponse } from './createFetch.js';

/** What a response of the bridge, or a copy of one, says. */
export async function readAnswer(response: BridgeResponse): Promise<Answer> {
  if (response.answer) return response.answer;
  const { headers } = response;
  const isJson = headers.get('Content-Type') === 'application/json';
  return {
    outcome: headers.get('Tauri-Response') === 'ok' ? 'ok' : 'error',
    value: isJson ? await response.json() : await response.arrayBuffer(),
  };
}
