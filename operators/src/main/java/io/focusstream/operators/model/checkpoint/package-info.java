/**
 * Reads and writes Hugging Face checkpoint folders (safetensors, config.json); no DJL, no Flink.
 */
package io.focusstream.operators.model.checkpoint;
