/** The whole job on a real broker and a real Flink cluster in this JVM, with an engine by hand. */
package io.focusstream.it;
