/**
 * The VirtualMachine that `vmtool create` makes: one container disk, no network, its serial console kept in the log of the
 * launcher pod's container `guest-console-log`.
 */
export function virtualMachine({ name, namespace, image, memory, runStrategy }) {
  return {
    apiVersion: 'kubevirt.io/v1',
    kind: 'VirtualMachine',
    metadata: { name, namespace },
    spec: {
      runStrategy,
      template: {
        metadata: { labels: { 'vmtool/vm': name } },
        spec: {
          terminationGracePeriodSeconds: 30,
          domain: {
            memory: { guest: memory },
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
