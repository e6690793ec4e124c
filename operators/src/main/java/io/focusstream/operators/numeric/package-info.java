/** Conversions between float32, float16 and bfloat16 bit patterns; depends on nothing. */
package io.focusstream.operators.numeric;
