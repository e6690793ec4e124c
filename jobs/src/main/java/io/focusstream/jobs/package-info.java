/** The job's entry class for Flink clusters. */
package io.focusstream.jobs;
