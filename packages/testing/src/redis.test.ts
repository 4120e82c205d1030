import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { findRedis, startRedis } from './redis.js';

const describeWithRedis = (await findRedis()) === null ? describe.skip : describe;

/** Sends inline commands, and returns what the server says until the last command's reply. */
async function talk(port: number, ...commands: string[]): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.end(`${[...commands, 'QUIT'].join('\r\n')}\r\n`);
  let said = '';
  socket.on('data', (chunk) => {
    said += chunk.toString();
  });
  await once(socket, 'close');
  return said;
}

describeWithRedis('a Redis server of a test', () => {
  test('keeps its data when it is killed and started again', async () => {
    const server = await startRedis();
    expect(await talk(server.port, 'SET answer 42')).toContain('+OK');
    await server.kill();
    await server.restart();
    expect(await talk(server.port, 'GET answer')).toContain('42');
    await server.stop();
  });

  test('asks for its password', async () => {
    const server = await startRedis({ password: 'secret' });
    expect(server.url).toBe(`redis://:secret@127.0.0.1:${server.port}`);
    expect(await talk(server.port, 'PING')).toContain('NOAUTH');
    expect(await talk(server.port, 'AUTH secret', 'PING')).toContain('+PONG');
    await server.stop();
  });
});
