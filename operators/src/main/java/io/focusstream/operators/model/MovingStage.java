package io.focusstream.operators.model;

import java.util.function.BiConsumer;

/**
 * A step on its way.
 *
 * @param stage how far it has got
 * @param ended is told, once, what the step gives, or else why it failed: one of the two is null
 * @param <T> what the step gives
 */
public record MovingStage<T>(Stage<T> stage, BiConsumer<T, Throwable> ended) {}
