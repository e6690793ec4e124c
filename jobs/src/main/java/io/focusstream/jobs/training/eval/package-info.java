/** Questions that trained models are measured by; none of them is in training. */
package io.focusstream.jobs.training.eval;
