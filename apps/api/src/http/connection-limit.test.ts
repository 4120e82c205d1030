import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { closeSharedPool, TestService } from '../testing/test-service.js';
import { descriptorLimit, mostConnections } from './connection-limit.js';

describe('connections at once', () => {
  const sockets: Socket[] = [];
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await closeSharedPool();
  });

  test('leave each a file besides, and the process what it needs', () => {
    const limits =
      'Limit     Soft Limit  Hard Limit  Units\nMax open files            1024                 4096                 files\n';
    expect(descriptorLimit(() => limits)).toBe(1024);
    expect(mostConnections(1024)).toBe(480);
    expect(mostConnections(64)).toBe(16);
    expect(
      descriptorLimit(() => 'Max open files            unlimited            unlimited            files\n'),
    ).toBeUndefined();
    const missing = () => {
      throw new Error('ENOENT');
    };
    expect(mostConnections(descriptorLimit(missing))).toBeUndefined();
  });

  test('beyond the limit are hung up on, the others are served', async () => {
    const service = await TestService.start({ worker: false });
    service.server.server.maxConnections = 2;
    const port = Number(new URL(service.url).port);
    const open = () => {
      const socket = connect(port, '127.0.0.1');
      sockets.push(socket);
      return socket;
    };
    const first = open();
    open();
    await new Promise((resolve) => open().once('close', resolve));
    const answer = new Promise<string>((resolve) => first.once('data', (bytes: Buffer) => resolve(bytes.toString())));
    first.write('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n');
    expect(await answer).toContain('200 OK');
    expect(await service.registry.metrics()).toContain('mediclip_rejected_total{reason="too-many-connections"} 1');
    service.server.server.emit('error', new Error('accept EMFILE'));
    await service.logged('a connection could not be taken');
    for (const socket of sockets) socket.destroy();
    await service.stop();
  });
});
