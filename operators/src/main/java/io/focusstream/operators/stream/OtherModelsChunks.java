package io.focusstream.operators.stream;

import io.focusstream.operators.engine.ModelInfo;
import io.focusstream.operators.state.CondensedStatus;
import io.focusstream.operators.state.FocusState;
import java.util.ArrayDeque;
import java.util.List;
import java.util.stream.Stream;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.runtime.state.KeyedStateBackend;
import org.apache.flink.runtime.state.VoidNamespace;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Chunk states that another model has made, or that are in another layout: they are made again from
 * tokens, a few at a time, where nothing else is to be condensed. For the mailbox thread only.
 */
final class OtherModelsChunks {
  private static final Logger LOGGER = LoggerFactory.getLogger(OtherModelsChunks.class);

  /** How many are made again at once: few, since a question may wait for them. */
  private static final int AT_ONCE = 4;

  private final StreamStore store;
  private final WorkQueue work;
  private final TaskContext task;
  private final ListState<String> modelState;
  private final String model;
  private final int modelCode;
  // streams that may have such chunks
  private final ArrayDeque<String> streams = new ArrayDeque<>();

  /**
   * @param modelState {@link ModelInfo#stateFingerprint} of what made what is in state
   * @param model the same of this engine
   */
  OtherModelsChunks(
      StreamStore store,
      WorkQueue work,
      TaskContext task,
      ListState<String> modelState,
      String model) {
    this.store = store;
    this.work = work;
    this.task = task;
    this.modelState = modelState;
    this.model = model;
    this.modelCode = CondensedStatus.modelCode(model);
  }

  /** This model's and layout's code in {@link CondensedStatus#model}. */
  int modelCode() {
    return modelCode;
  }

  /** Finds the streams that have other chunk states, after a start. */
  void find(KeyedStateBackend<String> backend) throws Exception {
    boolean another = false;
    for (String before : modelState.get()) {
      another |= !before.equals(model);
    }
    if (!another) {
      return;
    }
    try (Stream<String> all =
        backend.getKeys(FocusState.CONDENSED.getName(), VoidNamespace.INSTANCE)) {
      all.distinct().forEach(streams::add);
    }
    LOGGER.info(
        "Model or layout is another one, {}: the chunks of {} streams are made again.",
        model,
        streams.size());
  }

  /** Writes which model made what is in state. */
  void snapshot() throws Exception {
    modelState.update(List.of(streams.isEmpty() ? model : "others than " + model));
  }

  /** Where nothing else is to be condensed, a few of these chunks become work. */
  void makeSomeAgain() throws Exception {
    while (!streams.isEmpty() && work.openChunks() == 0) {
      String stream = streams.peek();
      task.withKey(
          stream,
          () -> {
            for (int index : store.pendAgain(modelCode, AT_ONCE)) {
              work.addChunk(stream, index);
            }
          });
      if (work.openChunks() == 0) {
        streams.poll();
        if (streams.isEmpty()) {
          LOGGER.info("All chunks are of model {} now.", model);
        }
      }
    }
  }

  /** Questions over this stream make what is left of it. */
  void leaveToQuestions(String stream) {
    streams.remove(stream);
  }
}
