package io.focusstream.jobs.local;

/**
 * How far the job is, since it was started.
 *
 * @param running whether the job runs and its operators are open (the model is loaded)
 * @param lines lines that the follower put on the topic
 * @param events events that reached the keyed operator
 * @param tokens their tokens
 * @param chunksSealed chunks sealed
 * @param chunksCondensed chunks condensed
 * @param chunksPending chunks sealed and not condensed
 * @param caughtUp whether all that was written is read, and all that was sealed is condensed
 */
public record Progress(
    boolean running,
    long lines,
    long events,
    long tokens,
    long chunksSealed,
    long chunksCondensed,
    long chunksPending,
    boolean caughtUp) {}
