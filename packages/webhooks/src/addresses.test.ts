import { expect, test } from '@jest/globals';
import { publicAddress } from './addresses.js';

const addressOf = (...addresses: string[]) =>
  publicAddress('name.example', {
    resolve: async () => addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    allowPrivate: false,
  });

test.each(['1.1.1.1', '2606:4700:4700::1111', '::ffff:1.1.1.1'])('%s is of the public network', async (address) => {
  expect((await addressOf(address)).address).toBe(address);
});

test.each([
  ...['127.0.0.1', '0.0.0.0', '10.1.2.3', '172.16.0.1', '192.168.1.1', '169.254.169.254', '100.64.0.1', '224.0.0.1'],
  ...[
    '255.255.255.255',
    '192.0.2.1',
    '::1',
    '::',
    'fe80::1',
    'fd00::1',
    'ff02::1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
  ],
  ...['2002:7f00:1::', '64:ff9b::7f00:1', '2001:db8::1', 'nonsense'],
])('%s is not', async (address) => {
  await expect(addressOf(address)).rejects.toThrow('is not one of the public network');
});

test('one private address among others is enough to refuse a name, and so is none', async () => {
  await expect(addressOf('1.1.1.1', '10.0.0.1')).rejects.toThrow('10.0.0.1');
  await expect(addressOf()).rejects.toThrow('has no address');
});
