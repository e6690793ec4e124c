/** The {@code focus} command: run locally, ask, run against other brokers. */
package io.focusstream.jobs.cli;
