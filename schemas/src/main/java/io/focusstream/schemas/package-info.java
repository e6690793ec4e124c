/** The records that FocusStream reads from and writes to Kafka, their JSON codecs and limits. */
package io.focusstream.schemas;
