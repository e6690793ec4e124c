/**
 * The Flink operators: events and questions in, answers out; knows the engine by its interface
 * only.
 */
package io.focusstream.operators.stream;
