/**
 * The VirtualMachine that `vmtool create` makes: one container disk, no network, its serial console kept in the log of the
 * launcher pod's container `guest-console-log`.
 *
 * @param reserve memory that its launcher pod holds beside that of the guest; none unless named
 */
export function virtualMachine({ name, namespace, image, memory, reserve }) {
  return {
    apiVersion: 'kubevirt.io/v1',
    kind: 'VirtualMachine',
    metadata: { name, namespace },
    spec: {
      runStrategy: 'Always',
      template: {
        metadata: { labels: { 'vmtool/vm': name } },
        spec: {
          terminationGracePeriodSeconds: 30,
          domain: {
            memory: { guest: memory, ...(reserve && { reservedOverhead: { addedOverhead: reserve } }) },
            devices: {
              autoattachPodInterface: false,
              logSerialConsole: true,
              disks: [{ name: 'root', disk: { bus: 'virtio' } }],
            },
          },
          volumes: [{ name: 'root', containerDisk: { image, imagePullPolicy: 'IfNotPresent' } }],
        },
      },
    },
  };
}
