package io.focusstream.jobs.training.data;

import java.nio.ByteBuffer;

/**
 * One memory and many questions of it, for the added projections. Legend: C chunks, Tc tokens of
 * the longest chunk, Q questions, Sp prompt length, Sl local length, A answer length. Bytes:
 * [int32] kind 2, C, Tc, Q, Sp, Sl, A; then [uint16] chunkTokens × C·Tc, chunkLength × C, prompt ×
 * Q·Sp, promptLast × Q, local × Q·Sl, localLast × Q, answerLength × Q, target × Q·A; [uint8] weight
 * × Q·A; [int16] evidenceChunk × Q; [uint16] distance × C. All padding is 0, at the right.
 *
 * @param chunkTokens (C, Tc)
 * @param chunkLength (C)
 * @param prompt (Q, Sp): {@code <s>}, question, answer less its last token. In the two objectives
 *     of FocusLLM §3.3 (continuation, reconstruction) there are no special tokens, here and in
 *     local
 * @param promptLast (Q): index of the question's last token; candidate a stands at promptLast + a
 *     and predicts target a
 * @param local (Q, Sl): {@code <s>}, tail, question, answer less its last token
 * @param localLast (Q): as promptLast, in local
 * @param answerLength (Q)
 * @param target (Q, A)
 * @param weight (Q, A), in sixteenths
 * @param evidenceChunk (Q): the chunk that holds the answer; -1 for the tail or none
 * @param distance (C): how many chunks ago each was, descending; not C - 1 to 0 where the memory
 *     stands for a longer one of whose other chunks nothing is asked
 */
public record FocusBatch(
    int chunks,
    int chunkTokensMax,
    int questions,
    int promptMax,
    int localMax,
    int answerMax,
    int[] chunkTokens,
    int[] chunkLength,
    int[] prompt,
    int[] promptLast,
    int[] local,
    int[] localLast,
    int[] answerLength,
    int[] target,
    byte[] weight,
    int[] evidenceChunk,
    int[] distance)
    implements Batch {
  /** Kind of this record. */
  public static final int KIND = 2;

  @Override
  public byte[] toBytes() {
    int shorts =
        chunkTokens.length
            + chunkLength.length
            + prompt.length
            + promptLast.length
            + local.length
            + localLast.length
            + answerLength.length
            + target.length
            + evidenceChunk.length
            + distance.length;
    ByteBuffer out = Batch.buffer(28 + shorts * 2 + weight.length);
    out.putInt(KIND).putInt(chunks).putInt(chunkTokensMax).putInt(questions);
    out.putInt(promptMax).putInt(localMax).putInt(answerMax);
    Batch.putShorts(out, chunkTokens);
    Batch.putShorts(out, chunkLength);
    Batch.putShorts(out, prompt);
    Batch.putShorts(out, promptLast);
    Batch.putShorts(out, local);
    Batch.putShorts(out, localLast);
    Batch.putShorts(out, answerLength);
    Batch.putShorts(out, target);
    out.put(weight);
    Batch.putShorts(out, evidenceChunk);
    Batch.putShorts(out, distance);
    return out.array();
  }
}
