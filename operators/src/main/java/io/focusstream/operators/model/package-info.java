/** The model's numbers: the TorchScript graph, weights in its order, forward passes and losses. */
package io.focusstream.operators.model;
