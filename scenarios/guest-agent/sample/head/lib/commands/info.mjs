import { setTimeout as sleep } from 'node:timers/promises';
import { describeGuest, hasSpoken, isAgentConnected } from '../agent.mjs';
import { subresourcePath } from '../paths.mjs';
import { Refusal } from '../refusal.mjs';
import { lookBefore } from '../vm.mjs';

const DEADLINE_MS = 30_000;
const ASK_EVERY_MS = 500;

/** Tells what the agent in a VM's guest says. */
export const info = {
  usage: 'info NAME [--namespace NAMESPACE]',
  run: async (target) => {
    const giveUpAt = performance.now() + DEADLINE_MS;
    for (;;) {
      const { vmi } = await lookBefore('info', target);
      if (!isAgentConnected(vmi)) throw notConnected(target.name);
      const [osInfo, users, filesystems] = await askAgent(target);
      if (hasSpoken(osInfo)) return describeGuest(osInfo, users, filesystems);
      if (performance.now() > giveUpAt) {
        const waited = `waited ${DEADLINE_MS / 1000} s in vain until the agent in ${target.name} tells of its guest`;
        throw new Refusal('timed-out', `${waited}; it is connected, and KubeVirt knows ${JSON.stringify(osInfo)}`);
      }
      await sleep(ASK_EVERY_MS);
    }
  },
};

/** The agent can be gone by now: KubeVirt then says so, or knows no such VMI any more. */
async function askAgent({ cluster, name, namespace }) {
  const ask = async (action) => {
    const said = await cluster.get(subresourcePath('virtualmachineinstances', namespace, name, action));
    if (said === undefined) throw new Refusal('not-running', `cannot info ${name}: its guest has just ended`);
    return said;
  };
  try {
    return await Promise.all(['guestosinfo', 'userlist', 'filesystemlist'].map(ask));
  } catch (error) {
    throw /guest agent connected|VMI is not running/.test(error.message) ? notConnected(name) : error;
  }
}

function notConnected(name) {
  const mend = 'install and start qemu-guest-agent in the guest, or wait until it has booted';
  return new Refusal(
    'agent-not-connected',
    `no agent answers in the guest of ${name} (KubeVirt's condition AgentConnected is not True): ${mend}`,
  );
}
