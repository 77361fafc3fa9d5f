/** Whether KubeVirt says that an agent in the guest of a VMI answers. */
export function isAgentConnected(vmi) {
  return (vmi.status.conditions ?? []).some(({ type, status }) => type === 'AgentConnected' && status === 'True');
}

/** KubeVirt asks the agent from time to time; what it has just connected to it knows nothing of yet. */
export function hasSpoken(osInfo) {
  return Boolean(osInfo?.guestAgentVersion && osInfo.hostname && osInfo.os?.kernelRelease);
}

/**
 * What is told of a guest.
 *
 * @param osInfo what KubeVirt's subresource `guestosinfo` says
 * @param users likewise `userlist`
 * @param filesystems likewise `filesystemlist`
 */
export function describeGuest(osInfo, users, filesystems) {
  const { guestAgentVersion: agent, hostname, os } = osInfo;
  return {
    hostname,
    os: { name: os.prettyName || os.name || os.id, version: os.versionId ?? '', kernel: os.kernelRelease },
    agent,
    users: [...new Set((users.items ?? []).map(({ userName }) => userName))].sort(),
    filesystems: (filesystems.items ?? [])
      .map(({ mountPoint, fileSystemType: type, usedBytes, totalBytes }) => ({
        mountPoint,
        type,
        usedBytes,
        totalBytes,
      }))
      .sort((a, b) => (a.mountPoint < b.mountPoint ? -1 : 1)),
  };
}
