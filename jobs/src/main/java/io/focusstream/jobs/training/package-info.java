/** Training of the models that ship: loops, schedules, checkpoints that resume. Never Flink. */
package io.focusstream.jobs.training;
