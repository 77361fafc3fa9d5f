import { expect, test } from 'vitest';
import { networkArguments, readNetwork } from '../../../../src/environment/kind/kind-network.ts';

const INSPECTED = JSON.stringify([
  {
    Name: 'kind',
    Driver: 'bridge',
    EnableIPv6: true,
    Options: { 'com.docker.network.driver.mtu': '1500' },
    IPAM: { Config: [{ Subnet: '172.19.0.0/16', Gateway: '172.19.0.1' }, { Subnet: 'fc00:f853:ccd:e793::/64' }] },
  },
]);

test("kind's network is made again with its IPv6 subnet, and with the IPv4 subnet that is free then", () => {
  const network = readNetwork(INSPECTED);
  expect(network && networkArguments(network)).toEqual([
    ...['network', 'create', '--driver', 'bridge', '--opt', 'com.docker.network.driver.mtu=1500'],
    ...['--ipv6', '--subnet', 'fc00:f853:ccd:e793::/64', 'kind'],
  ]);
});

test('a network without IPv6 gets none', () => {
  const network = readNetwork('[{"Name":"kind","Driver":"bridge","Options":null,"IPAM":{"Config":null}}]');
  expect(network && networkArguments(network)).toEqual(['network', 'create', '--driver', 'bridge', 'kind']);
});

test('a network that is gone is undefined', () => {
  expect(readNetwork('[]')).toBeUndefined();
});
