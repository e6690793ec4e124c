package io.focusstream.operators.model;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** In which type the matrix products run; norms, softmax and the residual stream stay float32. */
public enum Precision {
  /** IEEE single precision: the reference's numbers. */
  FLOAT32(6),
  /** bfloat16 products: faster where the processor has them, about 3 significant digits. */
  BFLOAT16(15);

  private final int torchType;

  Precision(int torchType) {
    this.torchType = torchType;
  }

  /** PyTorch's number for the type. */
  public int torchType() {
    return torchType;
  }

  /**
   * bfloat16 where the processor multiplies bfloat16 matrices (AMX, or AVX-512 with bf16), float32
   * elsewhere.
   */
  public static Precision forThisProcessor() {
    try {
      Path info = Path.of("/proc/cpuinfo");
      if (Files.isReadable(info)) {
        String text = Files.readString(info);
        if (text.contains("amx_bf16") || text.contains("avx512_bf16")) {
          return BFLOAT16;
        }
      }
    } catch (IOException e) {
      return FLOAT32;
    }
    return FLOAT32;
  }
}
