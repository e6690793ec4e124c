/** Everything in one JVM: a real Kafka broker, Flink, the model, and a follower of log files. */
package io.focusstream.jobs.local;
