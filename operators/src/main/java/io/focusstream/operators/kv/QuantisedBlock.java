package io.focusstream.operators.kv;

import java.nio.ByteBuffer;

/**
 * The numbers of one INT8 block as they are stored, not copied: number = scale * int8. With N
 * layers, G heads, T tokens of this block and head size D:
 *
 * @param firstLayer the block's first layer
 * @param layers N
 * @param firstToken the block's first token
 * @param tokens T
 * @param keyScales (N, G, T) float16, little-endian
 * @param valueScales (N, G, T) float16, little-endian
 * @param keys (N, G, T, D) int8
 * @param values (N, G, T, D) int8
 */
public record QuantisedBlock(
    int firstLayer,
    int layers,
    int firstToken,
    int tokens,
    ByteBuffer keyScales,
    ByteBuffer valueScales,
    ByteBuffer keys,
    ByteBuffer values) {}
