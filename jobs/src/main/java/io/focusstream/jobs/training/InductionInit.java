package io.focusstream.jobs.training;

import io.focusstream.operators.model.ModelWeights;
import io.focusstream.operators.model.RotaryFrequencies;
import io.focusstream.operators.model.checkpoint.CandidateProjection;
import io.focusstream.operators.model.checkpoint.ModelConfig;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * Fresh weights in which the circuit that look-ups are built on already stands: induction heads
 * (Olsson et al., arXiv 2209.11895). A small model finds them late, after many millions of tokens;
 * built in, it copies about 4 of 10 random repeats before its first step (a test holds it to 3).
 *
 * <p>The width is divided: content (what a token is), one constant dimension, and four blocks of a
 * head's size. Layer 0, first key/value group: each of four query heads attends 1, 2, 3, 4 tokens
 * back (a constant query and key on the fast rotary frequencies, turned by the offset) and copies
 * the content found there, projected to a head's size, into its block. Layers 2 and 3: keys mix
 * blocks 1 to 3 on the slow rotary frequencies, so every place is keyed by the tokens before it;
 * even query heads look for the place that followed what is being read now and copy its content to
 * the output, odd ones for places with the same past. All else is normal with deviation 0.02.
 * Everything learns from there.
 */
public final class InductionInit {
  private static final int BLOCKS = 4;
  private static final int[] LOOK_UP_LAYERS = {2, 3};
  private static final double CONTENT = 0.03;
  private static final double CONSTANT = 3 * CONTENT;
  private static final double BLOCK = 1.2 * CONTENT;
  // logit between attending to the wanted offset and to none
  private static final double OFFSET_LOGIT = 16;
  private static final double MATCH = 0.3;
  private static final double COPY = 6;
  // of the last norm: logits of a small embedding are too flat to learn from
  private static final float SHARPNESS = 5;
  private static final double FAST = 0.01;
  private static final double SLOW = 0.004;

  private final ModelConfig config;
  private final SplittableRandom random;
  private final Map<String, float[]> weights = new LinkedHashMap<>();
  private final int width;
  private final int size;
  private final int content;
  private final float[] frequencies;
  // content to a block: (size, content)
  private double[][] projection;

  private InductionInit(ModelConfig config, long seed) {
    this.config = config;
    this.random = new SplittableRandom(seed);
    this.width = config.hiddenSize();
    this.size = config.headDim();
    this.content = width - BLOCKS * size - 1;
    this.frequencies = RotaryFrequencies.of(config);
  }

  /** Whether a model is large enough: four blocks and as much content, four heads a group. */
  public static boolean fits(ModelConfig config) {
    return config.hiddenSize() >= 2 * BLOCKS * config.headDim()
        && config.heads() / config.keyValueHeads() >= BLOCKS
        && config.layers() > LOOK_UP_LAYERS[LOOK_UP_LAYERS.length - 1];
  }

  /** The frozen model's weights by checkpoint name; the same for the same seed. */
  public static Map<String, float[]> weights(ModelConfig config, long seed) {
    if (!fits(config)) {
      throw new IllegalArgumentException(
          "width %d with heads of %d is too small for built-in induction heads; give --init or a wider model"
              .formatted(config.hiddenSize(), config.headDim()));
    }
    InductionInit init = new InductionInit(config, seed);
    init.noise();
    init.embedding();
    init.offsets();
    for (int layer : LOOK_UP_LAYERS) {
      init.lookUp(layer);
    }
    return init.weights;
  }

  private double gaussian() {
    return random.nextGaussian();
  }

  private void noise() {
    for (String name : ModelWeights.names(config)) {
      if (weights.containsKey(name) || name.contains("beacon_")) {
        continue;
      }
      float[] values = new float[Math.toIntExact(ModelWeights.shape(config, name).size())];
      boolean output = name.contains("o_proj") || name.contains("down_proj");
      double deviation = 0.02 / (output ? Math.sqrt(2.0 * config.layers()) : 1);
      for (int i = 0; i < values.length; i++) {
        values[i] = name.contains("norm") ? 1 : (float) (gaussian() * deviation);
      }
      weights.put(name, values);
    }
    Arrays.fill(weights.get("model.norm.weight"), SHARPNESS);
  }

  // a block's first dimension; blocks count from 0, content and the constant stand before them
  private int block(int index) {
    return content + 1 + index * size;
  }

  private void embedding() {
    float[] all = weights.get("model.embed_tokens.weight");
    for (int row = 0; row < config.vocabularySize(); row++) {
      for (int i = 0; i < width; i++) {
        int at = row * width + i;
        if (i < content) {
          all[at] = (float) (gaussian() * CONTENT);
        } else if (i == content) {
          all[at] = (float) CONSTANT;
        } else {
          all[at] *= 0.2f;
        }
      }
    }
  }

  private float[] of(CandidateProjection projection, int layer) {
    return weights.get(projection.frozenWeight(layer));
  }

  private void scaleRows(float[] matrix, int from, int to, int columns, double by) {
    for (int i = from * columns; i < to * columns; i++) {
      matrix[i] *= (float) by;
    }
  }

  private double[][] gaussians(int rows, int columns, double deviation) {
    double[][] all = new double[rows][columns];
    for (double[] row : all) {
      for (int i = 0; i < columns; i++) {
        row[i] = gaussian() * deviation;
      }
    }
    return all;
  }

  private void offsets() {
    float[] keys = of(CandidateProjection.K, 0);
    float[] queries = of(CandidateProjection.Q, 0);
    float[] values = of(CandidateProjection.V, 0);
    float[] outputs = of(CandidateProjection.O, 0);
    int heads = config.heads() * size;
    int half = size / 2;
    double squares = content * CONTENT * CONTENT + CONSTANT * CONSTANT;
    double rms = Math.sqrt(squares / width);
    double amplitude = Math.sqrt(OFFSET_LOGIT * Math.sqrt(size)) / (CONSTANT / rms);
    scaleRows(keys, 0, size, width, 0.1);
    scaleRows(queries, 0, BLOCKS * size, width, 0.1);
    for (int i = 0; i < half; i++) {
      if (frequencies[i] <= FAST) {
        continue;
      }
      keys[i * width + content] = (float) amplitude;
      for (int head = 0; head < BLOCKS; head++) {
        double turn = -frequencies[i] * (head + 1);
        queries[(head * size + i) * width + content] = (float) (amplitude * Math.cos(turn));
        queries[(head * size + i + half) * width + content] = (float) (amplitude * Math.sin(turn));
      }
    }
    projection = gaussians(size, content, 1 / Math.sqrt(content));
    for (int d = 0; d < size; d++) {
      for (int i = 0; i < width; i++) {
        values[d * width + i] = i < content ? (float) projection[d][i] : 0;
      }
    }
    double gain = BLOCK / (CONTENT / rms);
    for (int head = 0; head < BLOCKS; head++) {
      for (int row = 0; row < width; row++) {
        for (int d = 0; d < size; d++) {
          outputs[row * heads + head * size + d] = row == block(head) + d ? (float) gain : 0;
        }
      }
    }
  }

  private void lookUp(int layer) {
    float[] keys = of(CandidateProjection.K, layer);
    float[] queries = of(CandidateProjection.Q, layer);
    float[] values = of(CandidateProjection.V, layer);
    float[] outputs = of(CandidateProjection.O, layer);
    int heads = config.heads() * size;
    int perGroup = config.heads() / config.keyValueHeads();
    List<Integer> slow = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      if (frequencies[i % (size / 2)] < SLOW) {
        slow.add(i);
      }
    }
    for (int group = 0; group < config.keyValueHeads(); group++) {
      double[][][] mix = new double[3][][];
      for (int j = 0; j < mix.length; j++) {
        mix[j] = gaussians(slow.size(), size, MATCH);
      }
      int firstKey = group * size;
      scaleRows(keys, firstKey, firstKey + size, width, 0.1);
      scaleRows(values, firstKey, firstKey + size, width, 0.1);
      double[][] read = gaussians(size, content, 1 / Math.sqrt(content));
      for (int d = 0; d < size; d++) {
        for (int i = 0; i < content; i++) {
          values[(firstKey + d) * width + i] = (float) read[d][i];
        }
      }
      for (int k = 0; k < slow.size(); k++) {
        for (int j = 0; j < mix.length; j++) {
          put(keys, firstKey + slow.get(k), block(j), mix[j][k]);
        }
      }
      for (int r = 0; r < perGroup; r++) {
        int firstQuery = (group * perGroup + r) * size;
        scaleRows(queries, firstQuery, firstQuery + size, width, 0.1);
        boolean next = r % 2 == 0;
        for (int k = 0; k < slow.size(); k++) {
          int row = firstQuery + slow.get(k);
          for (int j = 0; j < mix.length; j++) {
            if (!next) {
              put(queries, row, block(j), mix[j][k]);
            } else if (j > 0) {
              put(queries, row, block(j - 1), mix[j][k]);
            } else {
              for (int i = 0; i < content; i++) {
                double sum = 0;
                for (int d = 0; d < size; d++) {
                  sum += mix[0][k][d] * projection[d][i];
                }
                queries[row * width + i] = (float) (1.2 * sum);
              }
            }
          }
        }
        for (int row = 0; row < width; row++) {
          for (int d = 0; d < size; d++) {
            int at = row * heads + firstQuery + d;
            outputs[at] *= 0.1f;
            if (next && row < content) {
              outputs[at] += (float) (read[d][row] * COPY * CONTENT / 2);
            }
          }
        }
      }
    }
  }

  private void put(float[] matrix, int row, int firstColumn, double[] values) {
    for (int i = 0; i < values.length; i++) {
      matrix[row * width + firstColumn + i] = (float) values[i];
    }
  }
}
