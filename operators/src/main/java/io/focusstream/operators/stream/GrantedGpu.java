package io.focusstream.operators.stream;

import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.apache.flink.api.common.externalresource.ExternalResourceInfo;

/**
 * The GPU that a subtask takes, of those that Flink's external resource gives its task manager. All
 * slots of a task manager see all of its GPUs, so subtasks take turns over them; with one slot a
 * GPU there is nothing to share.
 */
final class GrantedGpu {
  /** The external resource's name, as in {@code external-resources: gpu}. */
  static final String RESOURCE = "gpu";

  /** The property of Flink's GPU driver that holds the device's index. */
  static final String INDEX = "index";

  private GrantedGpu() {}

  /**
   * Chooses.
   *
   * @param granted the task manager's GPUs; empty where it has none
   * @param subtask index of the subtask
   * @throws IllegalArgumentException where one has no index
   */
  static OptionalInt of(Set<ExternalResourceInfo> granted, int subtask) {
    int[] indexes = granted.stream().mapToInt(GrantedGpu::index).sorted().toArray();
    return indexes.length == 0
        ? OptionalInt.empty()
        : OptionalInt.of(indexes[subtask % indexes.length]);
  }

  private static int index(ExternalResourceInfo gpu) {
    Optional<String> index = gpu.getProperty(INDEX);
    try {
      return Integer.parseInt(index.orElse("none").strip());
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "external resource '"
              + RESOURCE
              + "' has '"
              + index.orElse("none")
              + "' as property '"
              + INDEX
              + "'; expected a CUDA device's index, as Flink's GPUDriverFactory gives",
          e);
    }
  }
}
