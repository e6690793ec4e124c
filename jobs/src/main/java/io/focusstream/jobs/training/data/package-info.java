/** Seeded, pure generators of training text, questions and batches. */
package io.focusstream.jobs.training.data;
