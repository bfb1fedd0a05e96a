// What the engine has, taken before anything is wrapped.
const descriptors = Object.getOwnPropertyDescriptors;

export const native = descriptors(WebAssembly);
export const nativePrototype = descriptors(WebAssembly.Instance.prototype);
