/**
 * The job's graph, from options, sources and sinks; it knows neither Kafka's addresses nor a model.
 */
package io.focusstream.jobs.topology;
