/** Where KubeVirt's objects are on the API server. */
const API = '/apis/kubevirt.io/v1';
const SUBRESOURCES = '/apis/subresources.kubevirt.io/v1';

/** @param kind `virtualmachines`, `virtualmachineinstances` … */
export function objectPath(kind, namespace, name) {
  const collection = `${API}/namespaces/${namespace}/${kind}`;
  return name === undefined ? collection : `${collection}/${name}`;
}

/** @param action such as `console` or `guestosinfo`; see KubeVirt's API reference, subresources.kubevirt.io. */
export function subresourcePath(kind, namespace, name, action) {
  return `${SUBRESOURCES}/namespaces/${namespace}/${kind}/${name}/${action}`;
}
