// Asks the tools of an MCP server with the package `@modelcontextprotocol/sdk`; argument and output are those of `mcp_client.py`.

import { URL } from 'node:url';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

const { command, url, token, calls } = JSON.parse(process.argv[2]);
const transport = command
  ? new StdioClientTransport({ command: command[0], args: command.slice(1) })
  : new StreamableHTTPClientTransport(new URL(url), {
      requestInit: { headers: { authorization: `Bearer ${token}` } },
    });
const client = new Client({ name: 'test', version: '1.0.0' });
await client.connect(transport);
const { tools } = await client.listTools();
const answers = [];
for (const [name, arguments_] of calls) {
  const result = await client.callTool({ name, arguments: arguments_ });
  answers.push({
    text: result.content[0].text,
    isError: result.isError === true,
  });
}
await client.close();
console.log(JSON.stringify({ tools, answers }));
