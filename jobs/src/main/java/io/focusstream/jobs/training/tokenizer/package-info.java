/** Learns a byte-level BPE vocabulary from text and writes it as {@code tokenizer.json}. */
package io.focusstream.jobs.training.tokenizer;
