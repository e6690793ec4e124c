/** The engine's implementation through DJL's PyTorch engine. */
package io.focusstream.operators.engine.djl;
