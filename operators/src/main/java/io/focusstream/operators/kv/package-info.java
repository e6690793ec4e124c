/** Chunk state as bytes: shapes, quantisers, and the versioned block layout; pure Java. */
package io.focusstream.operators.kv;
