/**
 * Networks as data, for those that write them down elsewhere: which layers follow each other, and what their tensors are called.
 * @module
 */
export type { InputKernel, Layer, LinearLayer, NetworkDescription } from "./network_layers.ts";
export { criticNetworks, oneStepNetwork } from "./network_files.ts";
