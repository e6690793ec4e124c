package io.focusstream.operators.model;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValue;
import ai.djl.pytorch.jni.IValueUtils;
import ai.djl.pytorch.jni.JniUtils;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;

/**
 * The graph, loaded: runs a method of {@code focus_graph.py} by name. Stateless; results belong to
 * the manager that is given, and whoever owns that closes them. Shapes are said in the source.
 */
public final class FocusGraph implements AutoCloseable {
  private final PtSymbolBlock module;

  /** Packs and loads the graph; it lives as long as the manager, or until {@link #close()}. */
  public FocusGraph(NDManager manager) {
    this(manager, GraphArchive.pack());
  }

  FocusGraph(NDManager manager, byte[] archive) {
    if (!(manager instanceof PtNDManager torch)) {
      throw new IllegalArgumentException(
          "the graph needs DJL's PyTorch engine; got " + manager.getEngine().getEngineName());
    }
    try {
      module = JniUtils.loadModule(torch, new ByteArrayInputStream(archive), false, false);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** DJL's PyTorch engine; the one place where it is named. */
  public static Engine engine() {
    return Engine.getEngine("PyTorch");
  }

  /**
   * Runs a method.
   *
   * @param manager owner of the results
   * @param method its name in the source
   * @param arguments each an {@link NDArray} or a {@code List<NDArray>} or {@link Tensors}
   * @return its results: one, or as many as its list holds
   */
  public NDArray[] run(NDManager manager, String method, Object... arguments) {
    IValue[] values = new IValue[arguments.length];
    IValue result = null;
    try {
      for (int i = 0; i < arguments.length; i++) {
        values[i] = value(arguments[i]);
      }
      result = IValueUtils.runMethod(module, method, values);
      PtNDManager owner = (PtNDManager) manager;
      return result.isTensor()
          ? new NDArray[] {result.toTensor(owner)}
          : result.toTensorArray(owner);
    } finally {
      for (int i = 0; i < values.length; i++) {
        if (values[i] != null && !(arguments[i] instanceof Tensors)) {
          values[i].close();
        }
      }
      if (result != null) {
        result.close();
      }
    }
  }

  /**
   * Runs a method so that its results carry gradients. Slower by the naming of the arguments;
   * {@link #run} is for inference and records nothing.
   *
   * @param arguments each an {@link NDArray} or a {@code List<NDArray>}; none may be empty
   */
  public NDArray[] train(NDManager manager, String method, Object... arguments) {
    // DJL chooses the method by the name of a first array, and gathers arrays named "x[]" into a
    // list.
    NDList inputs = new NDList();
    try (NDArray choice = manager.create(0)) {
      choice.setName("module_method:" + method);
      inputs.add(choice);
      for (int i = 0; i < arguments.length; i++) {
        if (arguments[i] instanceof NDArray array) {
          array.setName(null);
          inputs.add(array);
        } else {
          for (Object element : (List<?>) arguments[i]) {
            NDArray array = (NDArray) element;
            array.setName("list" + i + "[]");
            inputs.add(array);
          }
        }
      }
      NDList results = IValueUtils.forward(module, inputs, true);
      results.attach(manager);
      return results.toArray(new NDArray[0]);
    }
  }

  /**
   * A list of tensors that is handed over once and used in many calls (the weights). It doesn't own
   * the tensors; they must outlive it.
   */
  public static final class Tensors implements AutoCloseable {
    private final List<NDArray> arrays;
    private final IValue value;

    public Tensors(List<NDArray> arrays) {
      this.arrays = List.copyOf(arrays);
      this.value = list(this.arrays);
    }

    /** The tensors, in order. */
    public List<NDArray> arrays() {
      return arrays;
    }

    @Override
    public void close() {
      value.close();
    }
  }

  @Override
  public void close() {
    module.close();
  }

  private static IValue value(Object argument) {
    if (argument instanceof Tensors tensors) {
      return tensors.value;
    }
    if (argument instanceof PtNDArray array) {
      return IValue.from(array);
    }
    if (argument instanceof List<?> arrays) {
      return list(arrays);
    }
    throw new IllegalArgumentException("not a graph argument: " + argument.getClass());
  }

  private static IValue list(List<?> arrays) {
    return IValue.listFrom(arrays.stream().map(PtNDArray.class::cast).toArray(PtNDArray[]::new));
  }
}
