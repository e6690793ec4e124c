/** Kafka at both ends of the job: sources that keep poison records' bytes, parsers, and sinks. */
package io.focusstream.jobs.kafka;
