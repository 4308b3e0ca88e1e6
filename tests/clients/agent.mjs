// An agent: the official MCP client for TypeScript, driven line by line. The lines are those of agent.py, and `sdk` in the first
// one says which: 1 is the package of all before the client had one of its own.

import { createInterface } from "node:readline";

const answer = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);
const refused = (error) => answer({ refused: `${error.name}: ${error.message}` });

async function tools(client) {
  const found = [];
  let cursor;
  do {
    const page = await client.listTools(cursor === undefined ? {} : { cursor });
    found.push(...page.tools);
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return { tools: found };
}

// The client checks `structuredContent` against the tool's `outputSchema` by itself.
async function call(client, name, args) {
  const result = await client.callTool({ name, arguments: args });
  return {
    is_error: result.isError === true,
    structured: result.structuredContent ?? null,
    text: (result.content ?? []).filter((block) => block.type === "text").map((block) => block.text),
  };
}

const requests = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const where = JSON.parse((await requests.next()).value);
const sdk =
  where.sdk === 1
    ? {
        ...(await import("@modelcontextprotocol/sdk/client/index.js")),
        ...(await import("@modelcontextprotocol/sdk/client/streamableHttp.js")),
      }
    : await import("@modelcontextprotocol/client");
const { Client, StreamableHTTPClientTransport } = sdk;
const transport = new StreamableHTTPClientTransport(new URL(where.url), {
  requestInit: { headers: { authorization: `Bearer ${where.key}` } },
});
const modern = { versionNegotiation: { mode: "auto" } };
const client = new Client({ name: "agent", version: "1.0.0" }, where.era === "legacy" ? {} : modern);

try {
  await client.connect(transport);
} catch (error) {
  refused(error);
  process.exit(1);
}
const protocol = client.getNegotiatedProtocolVersion?.() ?? transport.protocolVersion ?? null;
answer({ protocol, server: client.getServerVersion()?.name ?? null });

for await (const line of requests) {
  const request = JSON.parse(line);
  try {
    answer(request.list ? await tools(client) : await call(client, request.tool, request.arguments ?? {}));
  } catch (error) {
    refused(error);
  }
}
await client.close();
process.exit(0);
