# FocusLLM (arXiv 2408.11745) over LLaMA-family weights, as TorchScript source.
#
# This file is the whole numeric model. It is packed as `code/__torch__.py` of a module archive when an
# engine starts; the weights are arguments, so that one graph serves every checkpoint.
#
# Legend: B rows, T tokens of a chunk, P prompt tokens so far, n new tokens, C chunks, Q questions, A answer
#         steps, S sequence, L layers, H width, N heads, G key/value heads, R = N / G, D head size, V vocabulary.
#
# w       embedding, final norm, head, then 13 a layer: input norm, q, k, v, o, post-attention norm, gate, up,
#         down, added q, added k, added v, added o (the published `beacon_*_proj`). Matrices are (out, in).
# cfg     int64 on the CPU: [layers, heads, key/value heads]
# consts  float64 on the CPU: [rms norm epsilon]
# inv     (D/2), rotary frequencies, float32
# Masks are boolean, true = may attend. Products run in the dtype of the weight, everything else in that of
# the embedding. Positions start at 0 in every chunk; keys are kept after rotary embedding, but for candidates, whose
# position is only known when all are side by side.
class FocusGraph(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool

  def linear(self: __torch__.FocusGraph, x: Tensor, w: Tensor) -> Tensor:
    y = torch.linear(torch.to(x, ops.prim.dtype(w)), w)
    return torch.to(y, ops.prim.dtype(x))

  def norm(self: __torch__.FocusGraph, x: Tensor, w: Tensor, eps: float) -> Tensor:
    return torch.rms_norm(x, [torch.size(w, 0)], w, eps)

  def mlp(self: __torch__.FocusGraph, x: Tensor, w: List[Tensor], at: int, eps: float) -> Tensor:
    h = self.norm(x, w[at + 5], eps)
    h = torch.to(h, ops.prim.dtype(w[at + 6]))
    h = torch.mul(torch.silu(torch.linear(h, w[at + 6])), torch.linear(h, w[at + 7]))
    return torch.add(x, torch.to(torch.linear(h, w[at + 8]), ops.prim.dtype(x)))

  # x (B, S, M*D) -> (B, M, S, D)
  def heads(self: __torch__.FocusGraph, x: Tensor, count: int) -> Tensor:
    b = torch.size(x, 0)
    s = torch.size(x, 1)
    return torch.transpose(torch.view(x, [b, s, count, -1]), 1, 2)

  # x (B, M, S, D) -> (B, S, M*D)
  def join(self: __torch__.FocusGraph, x: Tensor) -> Tensor:
    b = torch.size(x, 0)
    s = torch.size(x, 2)
    return torch.reshape(torch.transpose(x, 1, 2), [b, s, -1])

  # positions (...) -> the turn of each pair of dimensions, (..., D/2), complex
  def rotary(self: __torch__.FocusGraph, positions: Tensor, inv: Tensor) -> Tensor:
    angles = torch.mul(torch.unsqueeze(torch.to(positions, 6), -1), inv)
    return torch.polar(torch.ones_like(angles), angles)

  # x (..., S, D) by turns that broadcast to (..., S, D/2). Dimension i is turned with i + D/2, as in Hugging Face's rotate_half;
  # one complex product is a third of the passes over memory.
  def rotate(self: __torch__.FocusGraph, x: Tensor, turn: Tensor) -> Tensor:
    half = torch.floordiv(torch.size(x, -1), 2)
    wide = torch.to(x, 6)
    z = torch.complex(torch.slice(wide, -1, 0, half, 1), torch.slice(wide, -1, half, 9223372036854775807, 1))
    z = torch.mul(z, turn)
    return torch.to(torch.cat([torch.real(z), torch.imag(z)], -1), ops.prim.dtype(x))

  # A mask (B or 1, 1, n, S) for queries whose R heads are folded into their length, as attend() wants it: 0 or minus infinity,
  # to be added, in the type of attention. Made once for all layers. -> (.., 1, R*n, S)
  def wide(self: __torch__.FocusGraph, mask: Tensor, n_heads: int, n_kv: int, dtype: int) -> Tensor:
    added = torch.masked_fill(torch.zeros_like(mask, dtype=dtype), torch.logical_not(mask), -1. / 0.)
    return torch.repeat(added, [1, 1, torch.floordiv(n_heads, n_kv), 1])

  # Attention of q (B, N, n, D) over k, v (B, G, S, D) under wide mask (B or 1, 1, R*n, S). The R query heads that share a
  # key/value head are folded into the query length, so that keys and values are never repeated. -> (B, N, n, D)
  def attend(self: __torch__.FocusGraph, q: Tensor, k: Tensor, v: Tensor, mask: Tensor) -> Tensor:
    b = torch.size(q, 0)
    n = torch.size(q, 2)
    d = torch.size(q, 3)
    g = torch.size(k, 1)
    r = torch.floordiv(torch.size(q, 1), g)
    folded = torch.reshape(q, [b, g, r * n, d])
    y = torch.scaled_dot_product_attention(folded, k, v, mask, 0., False)
    return torch.reshape(y, [b, g * r, n, d])

  # Causal attention of a sequence over itself. q (B, N, S, D), k, v (B, G, S, D) -> (B, N, S, D)
  def causal(self: __torch__.FocusGraph, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    r = torch.floordiv(torch.size(q, 1), torch.size(k, 1))
    if r > 1:
      k = torch.repeat_interleave(k, r, 1)
      v = torch.repeat_interleave(v, r, 1)
    return torch.scaled_dot_product_attention(q, k, v, None, 0., True)

  # Casts in the graph, always into memory of its own: an array made from Java's is a view of a buffer that goes with it.
  # The type is an int64 on the CPU: [15] is bfloat16, [6] float32.
  def cast(self: __torch__.FocusGraph, xs: List[Tensor], type: Tensor) -> List[Tensor]:
    dtype = int(type[0])
    out = annotate(List[Tensor], [])
    for i in range(torch.len(xs)):
      _a = torch.append(out, torch.to(xs[i], dtype, False, True))
    return out

  # What the machine can do, for comparison: x (M, K) by (N, K), and back by (K, N), so often. xs: x and both matrices; times:
  # int64 on the CPU. Each product needs the one before it, so that none can be left out. -> (M, K)
  def products(self: __torch__.FocusGraph, xs: List[Tensor], times: Tensor) -> Tensor:
    x = xs[0]
    for i in range(int(times[0])):
      x = self.product(self.product(x, xs[1]), xs[2])
    return x

  # The same for memory: a tensor copied over another so often. -> the copy
  def copies(self: __torch__.FocusGraph, xs: List[Tensor], times: Tensor) -> Tensor:
    out = xs[1]
    for i in range(int(times[0])):
      out = torch.copy_(out, xs[0])
    return out

  # --- inference -----------------------------------------------------------------------------------------------

  # Condense: chunks from position 0, each by itself. w: from fuse(). tokens (B, T), padded on the right with anything: a token
  # never sees what follows it. -> keys after rotary embedding, values, each (L, B, G, T, D): float32 on a CPU, whose attention is
  # best at that; on a GPU in the type of products, in memory of their own, a layer's when it is done.
  def prefill(self: __torch__.FocusGraph, w: List[Tensor], cfg: Tensor, consts: Tensor, inv: Tensor, tokens: Tensor) -> List[Tensor]:
    layers = int(cfg[0])
    n_heads = int(cfg[1])
    n_kv = int(cfg[2])
    eps = float(consts[0])
    b = torch.size(tokens, 0)
    t = torch.size(tokens, 1)
    d = 2 * torch.size(inv, 0)
    wide = n_heads * d
    narrow = n_kv * d
    dtype = ops.prim.dtype(w[4])
    gpu = ops.prim.is_cuda(tokens)
    x = torch.embedding(w[0], torch.reshape(tokens, [-1]))
    turn = torch.unsqueeze(self.rotary(torch.arange(t, dtype=6, device=ops.prim.device(tokens)), inv), 1)  # -> (T, 1, D/2)
    keys = annotate(List[Tensor], [])
    values = annotate(List[Tensor], [])
    for l in range(layers):
      at = 3 + l * 8
      last = l == layers - 1
      qkv = w[at + 1]
      if last:
        qkv = w[at + 8]
      z = self.product(self.normed(x, w[at], eps, dtype), qkv)
      if not gpu:
        z = torch.to(z, 6)
      z = torch.view(z, [b, t, -1, d])
      heads = torch.size(z, 2) - n_kv
      turned = torch.transpose(self.rotate(torch.slice(z, 2, 0, heads, 1), turn), 1, 2)
      k = torch.slice(turned, 1, heads - n_kv, heads, 1)  # -> (B, G, T, D)
      v = torch.transpose(torch.slice(z, 2, heads, heads + n_kv, 1), 1, 2)
      if gpu:
        k = torch.contiguous(k)
        v = torch.contiguous(v)
      _k = torch.append(keys, k)
      _v = torch.append(values, v)
      if not last:
        y = self.causal(torch.slice(turned, 1, 0, n_heads, 1), k, v)
        y = torch.reshape(torch.transpose(torch.to(y, dtype), 1, 2), [b * t, wide])
        x = torch.add(x, self.product(y, w[at + 2]))
        x = self.fused_mlp(x, w, at, eps)
    return [torch.stack(keys, 0), torch.stack(values, 0)]

  # Rounds each row of D numbers to int8 with one float16 scale, to the bit as ChunkStateCodec does in Java.
  # x (..., D) -> q (..., D) int8; scales (...) float16
  def quantise(self: __torch__.FocusGraph, x: Tensor) -> List[Tensor]:
    x = torch.to(x, 6)
    largest = torch.amax(torch.abs(x), [-1])
    scale = torch.to(torch.to(torch.div(largest, 127.), 5), 6)
    # One step of float16 up where rounding down would leave the largest number out of reach: a little more than half a step is
    # added and rounded; 2^-11 of a normal number, 2^-25 of a subnormal one.
    up = torch.maximum(torch.mul(scale, 1.0004885), torch.add(scale, 2.9804e-08))
    low = torch.lt(torch.mul(scale, 127.5), largest)
    half = torch.to(torch.where(low, up, scale), 5)
    wide = torch.unsqueeze(torch.to(half, 6), -1)
    inverse = torch.where(torch.eq(wide, 0.), torch.zeros_like(wide), torch.reciprocal(wide))
    q = torch.round(torch.clamp(torch.mul(x, inverse), -127., 127.))
    return [torch.to(q, 1), half]

  # The way back. xs: keys, values (L, G, T, D) int8, their scales (L, G, T) float16; dtype: int64 on the CPU
  # -> keys, values (L, G, T, D), in memory of their own
  def dequantise(self: __torch__.FocusGraph, xs: List[Tensor], dtype: Tensor) -> List[Tensor]:
    out = annotate(List[Tensor], [])
    for i in range(2):
      scale = torch.unsqueeze(torch.to(xs[i + 2], 6), -1)
      _a = torch.append(out, torch.to(torch.mul(xs[i], scale), int(dtype[0])))
    return out

  # One chunk out of a batch. xs: (L, B, G, T, ...) each; place: int64 on the CPU, [chunk, its tokens, the type that is wanted;
  # -1 for that which it has] -> (L, G, T', ...), in memory of their own
  def take(self: __torch__.FocusGraph, xs: List[Tensor], place: Tensor) -> List[Tensor]:
    out = annotate(List[Tensor], [])
    for i in range(torch.len(xs)):
      one = torch.slice(torch.select(xs[i], 1, int(place[0])), 2, 0, int(place[1]), 1)
      dtype = int(place[2])
      if dtype < 0:
        dtype = ops.prim.dtype(one)
      _a = torch.append(out, torch.contiguous(torch.to(one, dtype, False, True)))
    return out

  # Copies in memory of their own, see cast().
  def clones(self: __torch__.FocusGraph, xs: List[Tensor]) -> List[Tensor]:
    out = annotate(List[Tensor], [])
    for i in range(torch.len(xs)):
      _a = torch.append(out, torch.clone(xs[i]))
    return out

  # Memory to gather in. like: any array on the device; size: int64 on the CPU, [numbers, dtype] -> (numbers), of any values
  def spare(self: __torch__.FocusGraph, like: Tensor, size: Tensor) -> Tensor:
    return torch.empty([int(size[0])], dtype=int(size[1]), device=ops.prim.device(like))

  # Chunks side by side. xs: keys, or values, or scales, of one chunk each, (L, G, T_i, ...); room: memory of the type that is wanted,
  # of at least as many numbers; size: int64 on the CPU, [T]. -> (L, B, G, T, ...), zero where nothing was put; a view of that memory
  def gather(self: __torch__.FocusGraph, xs: List[Tensor], room: Tensor, size: Tensor) -> Tensor:
    first = xs[0]
    shape = [torch.size(first, 0), torch.len(xs), torch.size(first, 1), int(size[0])]
    numbers = shape[0] * shape[1] * shape[2] * shape[3]
    if torch.dim(first) == 4:
      _s = torch.append(shape, torch.size(first, 3))
      numbers = numbers * torch.size(first, 3)
    out = torch.view(torch.slice(room, 0, 0, numbers, 1), shape)
    for i in range(torch.len(xs)):
      t = torch.size(xs[i], 2)
      own = torch.select(out, 1, i)
      _a = torch.copy_(torch.slice(own, 2, 0, t, 1), xs[i])
      if t < int(size[0]):
        _z = torch.zero_(torch.slice(own, 2, t, int(size[0]), 1))
    return out

  # Keys, or values, of a prompt that continues chunks: zeros. like: any array on the device; size: int64 on the CPU,
  # [L, B, G, P, D, dtype] -> (L, B, G, P, D)
  def prompt_room(self: __torch__.FocusGraph, like: Tensor, size: Tensor) -> Tensor:
    return torch.zeros([int(size[0]), int(size[1]), int(size[2]), int(size[3]), int(size[4])], dtype=int(size[5]), device=ops.prim.device(like))

  # More room for a prompt. xs: keys, values (L, B, G, P, D); room: int64 on the CPU, [columns more] -> the same with that many
  # columns of zeros at the end
  def grow(self: __torch__.FocusGraph, xs: List[Tensor], room: Tensor) -> List[Tensor]:
    out = annotate(List[Tensor], [])
    for i in range(torch.len(xs)):
      _a = torch.append(out, torch.constant_pad_nd(xs[i], [0, 0, 0, int(room[0])], 0))
    return out

  # Some of the chunks of a batch. xs: (L, B, ...) each, but for the last one, lengths (B); rows (M) -> the same of those rows
  def pick(self: __torch__.FocusGraph, xs: List[Tensor], rows: Tensor) -> List[Tensor]:
    out = annotate(List[Tensor], [])
    for i in range(torch.len(xs) - 1):
      _a = torch.append(out, torch.index_select(xs[i], 1, rows))
    _b = torch.append(out, torch.index_select(xs[torch.len(xs) - 1], 0, rows))
    return out

  # Some tokens of a chunk, moved together as if nothing had stood between them. xs: keys, values of the chunk (L, G, T, D); or
  # both int8, and their scales (L, G, T); columns (n): its tokens, ascending, from position 0. -> keys, values (L, G, n, D), numbers
  def excerpt(self: __torch__.FocusGraph, xs: List[Tensor], columns: Tensor, inv: Tensor) -> List[Tensor]:
    moved = torch.sub(torch.arange(torch.size(columns, 0), dtype=4, device=ops.prim.device(columns)), columns)
    keys = torch.index_select(xs[0], 2, columns)
    values = torch.index_select(xs[1], 2, columns)
    if torch.len(xs) > 2:
      keys = torch.mul(keys, torch.unsqueeze(torch.to(torch.index_select(xs[2], 2, columns), 6), -1))
      values = torch.mul(values, torch.unsqueeze(torch.to(torch.index_select(xs[3], 2, columns), 6), -1))
    return [self.rotate(keys, self.rotary(moved, inv)), values]

  # The weights as prefill(), condense() and decode() read them: embedding, final norm, head, then 8 a layer: input norm, qkv, o,
  # post-attention norm, gate and up, down, added qkv, added o; then the last layer's k and v. Products over the same numbers are
  # one. All in memory of their own, see cast().
  def fuse(self: __torch__.FocusGraph, w: List[Tensor], cfg: Tensor) -> List[Tensor]:
    out = [torch.clone(w[0]), torch.clone(w[1]), torch.clone(w[2])]
    for l in range(int(cfg[0])):
      at = 3 + l * 13
      _a = torch.append(out, torch.clone(w[at]))
      _b = torch.append(out, torch.cat([w[at + 1], w[at + 2], w[at + 3]], 0))
      _c = torch.append(out, torch.clone(w[at + 4]))
      _d = torch.append(out, torch.clone(w[at + 5]))
      _e = torch.append(out, torch.cat([w[at + 6], w[at + 7]], 0))
      _f = torch.append(out, torch.clone(w[at + 8]))
      _g = torch.append(out, torch.cat([w[at + 9], w[at + 10], w[at + 11]], 0))
      _h = torch.append(out, torch.clone(w[at + 12]))
    last = 3 + (int(cfg[0]) - 1) * 13
    _i = torch.append(out, torch.cat([w[last + 2], w[last + 3]], 0))
    return out

  # Matrices as oneDNN wants them, for products on a CPU: in float32 it does them faster than what linear() calls there, few rows
  # above all; in bfloat16 linear() calls it too, but puts them in order anew each time. Only product() can read that order.
  # xs: from fuse(); rows: int64 on the CPU, about so many rows will come. -> the same with its matrices so, but for the embedding
  def pack(self: __torch__.FocusGraph, xs: List[Tensor], rows: Tensor) -> List[Tensor]:
    out = [torch.clone(xs[0])]
    for i in range(1, torch.len(xs), 1):
      if torch.dim(xs[i]) == 2:
        one = ops.mkldnn._reorder_linear_weight(xs[i], int(rows[0]))  # without oneDNN: torch.clone(xs[i])
        _a = torch.append(out, one)
      else:
        _b = torch.append(out, torch.clone(xs[i]))
    return out

  # x (M, K) by a matrix of fuse() or pack() -> (M, N)
  def product(self: __torch__.FocusGraph, x: Tensor, w: Tensor) -> Tensor:
    if ops.prim.is_mkldnn(w):
      y = ops.mkldnn._linear_pointwise(x, w, None, "none", annotate(List[Optional[number]], []), "")  # without oneDNN: torch.linear(x, w)
    else:
      y = torch.linear(x, w)
    return y

  # x (M, H) -> its norm, in the type of products
  def normed(self: __torch__.FocusGraph, x: Tensor, w: Tensor, eps: float, dtype: int) -> Tensor:
    length = torch.linalg_vector_norm(x, 2, [-1], True)
    mean = torch.mul(torch.mul(length, length), torch.div(1., float(torch.size(x, -1))))
    return torch.to(torch.mul_(torch.mul(x, torch.rsqrt(torch.add(mean, eps))), w), dtype)

  # x (M, H) plus what the layer's MLP makes of it
  def fused_mlp(self: __torch__.FocusGraph, x: Tensor, w: List[Tensor], at: int, eps: float) -> Tensor:
    h = self.normed(x, w[at + 3], eps, ops.prim.dtype(w[at + 4]))
    f = torch.size(w[at + 5], 1)
    if torch.size(x, 0) > 256 and not ops.prim.is_mkldnn(w[at + 4]):
      # many rows: one product is no faster, and its halves are apart
      gate = torch.silu_(torch.linear(h, torch.slice(w[at + 4], 0, 0, f, 1)))
      h = torch.mul_(gate, torch.linear(h, torch.slice(w[at + 4], 0, f, 2 * f, 1)))
    else:
      h = self.product(h, w[at + 4])
      h = torch.mul_(torch.silu(torch.slice(h, 1, 0, f, 1)), torch.slice(h, 1, f, 2 * f, 1))
    return torch.add(x, self.product(h, w[at + 5]))

  # x (M, K): its first rows by one matrix, the rest by another
  def linear_two(self: __torch__.FocusGraph, x: Tensor, rows: int, first: Tensor, rest: Tensor) -> Tensor:
    if rows == torch.size(x, 0):
      y = self.product(x, first)
    else:
      y = self.product(torch.slice(x, 0, rows, 9223372036854775807, 1), rest)
      if rows > 0:
        y = torch.cat([self.product(torch.slice(x, 0, 0, rows, 1), first), y], 0)
    return y

  # Turns of queries, keys at M positions: (M, N + G, D/2), complex; the queries' are as short as attention wants its scores.
  def turns(self: __torch__.FocusGraph, positions: Tensor, inv: Tensor, n_heads: int, n_kv: int) -> Tensor:
    turn = torch.unsqueeze(self.rotary(positions, inv), 1)
    m = torch.size(turn, 0)
    half = torch.size(inv, 0)
    scaled = torch.mul(turn, torch.pow(2 * half, -0.5))
    return torch.cat([torch.expand(scaled, [m, n_heads, half]), torch.expand(turn, [m, n_kv, half])], 1)

  # int8 numbers x (B, G, T, D) with scales (B, G, T) into the first T columns of a buffer (B, G, S, D) -> the buffer
  def widened(self: __torch__.FocusGraph, buffer: Tensor, x: Tensor, scales: Tensor) -> Tensor:
    part = torch.slice(buffer, 2, 0, torch.size(x, 2), 1)
    _a = torch.copy_(part, x)
    _b = torch.mul_(part, torch.unsqueeze(torch.to(scales, ops.prim.dtype(buffer)), -1))
    return buffer

  # Attention over chunks and what continues each of them, in one softmax. q (B, G, M, D), scaled; chunk: keys, values
  # (B, G, T, D), or both int8, and their scales (B, G, T); own: keys, values (B, G, P, D). masks, to be added: two, (B, 1, 1, T) of
  # the chunks and (1, 1, M, P) of what continues them, for one or two tokens, and on a GPU: scores are made apart, and int8 numbers
  # are scaled in them, where there are fewer. One, (B, 1, M, T + P): keys and values are put together, in float32 for the fused kernel.
  # room: memory to work in, as rooms() makes it, where either is so. -> (B, G, M, D)
  def over_both(self: __torch__.FocusGraph, q: Tensor, chunk: List[Tensor], own: List[Tensor], masks: List[Tensor], room: List[Tensor]) -> Tensor:
    b = torch.size(q, 0)
    g = torch.size(q, 1)
    m = torch.size(q, 2)
    d = torch.size(q, 3)
    t = torch.size(chunk[0], 2)
    p = torch.size(own[0], 2)
    rounded = torch.len(chunk) > 2
    kept = ops.prim.dtype(q)
    if torch.len(masks) == 1:
      both = annotate(List[Tensor], [])
      for i in range(2):
        wide = torch.slice(room[i], 0, 0, b, 1)
        if rounded:
          wide = self.widened(wide, chunk[i], chunk[i + 2])
        else:
          _c = torch.copy_(torch.slice(wide, 2, 0, t, 1), chunk[i])
        _p = torch.copy_(torch.slice(wide, 2, t, t + p, 1), own[i])
        _b = torch.append(both, wide)
      if kept == 6:
        y = torch.scaled_dot_product_attention(q, both[0], both[1], masks[0], 0., False, scale=1.)
      else:
        scores = torch.bmm(torch.view(q, [b * g, m, d]), torch.transpose(torch.view(both[0], [b * g, t + p, d]), 1, 2))
        part = torch.to(torch.softmax(torch.add_(torch.to(torch.view(scores, [b, g, m, t + p]), 6), masks[0]), -1), kept)
        y = torch.bmm(torch.view(part, [b * g, m, t + p]), torch.view(both[1], [b * g, t + p, d]))
        y = torch.view(y, [b, g, m, d])
    else:
      keys = chunk[0]
      values = chunk[1]
      asks = torch.view(q, [b * g, m, d])
      if rounded:
        keys = torch.copy_(torch.slice(room[0], 0, 0, b, 1), keys)
      scores = torch.bmm(asks, torch.transpose(torch.view(keys, [b * g, t, d]), 1, 2))
      scores = torch.view(scores, [b, g, m, t])
      if rounded:
        scores = torch.mul_(scores, torch.unsqueeze(torch.to(chunk[2], kept), 2))
      scores = torch.add_(scores, masks[0])
      more = torch.bmm(asks, torch.transpose(torch.view(own[0], [b * g, p, d]), 1, 2))
      more = torch.add_(torch.view(more, [b, g, m, p]), masks[1])
      part = torch.softmax(torch.cat([scores, more], -1), -1)
      of_chunk = torch.slice(part, 3, 0, t, 1)
      if rounded:
        of_chunk = torch.mul(of_chunk, torch.unsqueeze(torch.to(chunk[3], kept), 2))
        values = torch.copy_(keys, values)
      of_own = torch.reshape(torch.slice(part, 3, t, t + p, 1), [b * g, m, p])
      y = torch.bmm(torch.reshape(of_chunk, [b * g, m, t]), torch.view(values, [b * g, t, d]))
      y = torch.view(torch.add(y, torch.bmm(of_own, torch.view(own[1], [b * g, p, d]))), [b, g, m, d])
    return y

  # Memory for over_both(), for B chunks of G key/value heads, T tokens and D numbers, and P tokens of a prompt: two where these are
  # put together, else one. Made once for all layers: where the system gives memory anew, it first fills it with zeros.
  def rooms(self: __torch__.FocusGraph, sizes: List[int], p: int, together: bool, dtype: int, device: Device) -> List[Tensor]:
    out = annotate(List[Tensor], [])
    if together:
      for i in range(2):
        _a = torch.append(out, torch.empty([sizes[0], sizes[1], sizes[2] + p, sizes[3]], dtype=dtype, device=device))
    else:
      _b = torch.append(out, torch.empty(sizes, dtype=dtype, device=device))
    return out

  # Every chunk of a batch continued with the same new tokens.
  #
  # w: from fuse() or pack(). chunks: keys, values (L, B, G, T, D), padded on the right, in the type of attention; or both int8, and
  #   their scales (L, B, G, T). lengths (B): tokens of each chunk.
  # own: keys, values (L, B, G, Pmax, D), written in place: columns [0, P) hold the prompt so far, the others any
  #   finite numbers. past: int64 on the CPU, [P].
  # tokens (1, n).
  # added: 1 where the last token runs through the added projections and the last layer has only its keys and values; these are
  #   wanted: (L, B, G, D) each, keys before rotary embedding. 0: all tokens alike, all layers.
  # every: with added 0, 1 where what each token becomes is wanted, 0 for the last one's: (n or 1, B, H), before the last norm
  # -> [keys, values] or [what they become]
  def continued(self: __torch__.FocusGraph, w: List[Tensor], cfg: Tensor, consts: Tensor, inv: Tensor, chunks: List[Tensor], own: List[Tensor], lengths: Tensor, past: Tensor, tokens: Tensor, added: int, every: int) -> List[Tensor]:
    b = torch.size(chunks[0], 1)
    # many rows make a product no faster and fall out of the processor's caches
    some = torch.floordiv(2048, torch.size(tokens, 1))
    if some < 32:
      some = 32
    if ops.prim.is_cuda(tokens) or some > b:
      some = b
    first = annotate(List[Tensor], [])
    second = annotate(List[Tensor], [])
    for at in range(0, b, some):
      part = [self.some_of(chunks, at, at + some)]
      part_own = [self.some_of(own, at, at + some)]
      out = self.continued_together(w, cfg, consts, inv, part, part_own, [torch.slice(lengths, 0, at, at + some, 1)], [int(past[0])], [tokens], added, [every])
      _a = torch.append(first, out[0])
      if added > 0:
        _b = torch.append(second, out[1])
    if torch.len(first) == 1:
      all = first
      if added > 0:
        _c = torch.append(all, second[0])
    else:
      all = [torch.cat(first, 1)]
      if added > 0:
        _d = torch.append(all, torch.cat(second, 1))
    return all

  # Some chunks of a batch. xs: (L, B, ...) each -> (L, to - first, ...), views
  def some_of(self: __torch__.FocusGraph, xs: List[Tensor], first: int, to: int) -> List[Tensor]:
    out = annotate(List[Tensor], [])
    for i in range(torch.len(xs)):
      _a = torch.append(out, torch.slice(xs[i], 1, first, to, 1))
    return out

  # Which columns tokens see: what is before them, and one another causally. -> (1, 1, n, P + n)
  def seen_by(self: __torch__.FocusGraph, past: int, n: int, device: Device) -> Tensor:
    before = torch.ones([n, past], dtype=11, device=device)
    return torch.view(torch.cat([before, torch.tril(torch.ones([n, n], dtype=11, device=device))], 1), [1, 1, n, past + n])

  # continued() of several batches, each with tokens of its own: products are over the rows of all, attention is each batch's. A row
  # is one token of one chunk; batch after batch, in each token by token, so that its last tokens are its last rows.
  #
  # chunks, own, lengths, pasts, tokens, every: of each batch, see continued(). added: only with one batch.
  # -> [keys, values], or of each batch what its tokens become
  def continued_together(self: __torch__.FocusGraph, w: List[Tensor], cfg: Tensor, consts: Tensor, inv: Tensor, chunks: List[List[Tensor]], own: List[List[Tensor]], lengths: List[Tensor], pasts: List[int], tokens: List[Tensor], added: int, every: List[int]) -> List[Tensor]:
    layers = int(cfg[0])
    n_heads = int(cfg[1])
    n_kv = int(cfg[2])
    eps = float(consts[0])
    count = torch.len(chunks)
    d = torch.size(chunks[0][0], 4)
    r = torch.floordiv(n_heads, n_kv)
    wide = n_heads * d
    narrow = n_kv * d
    dev = ops.prim.device(tokens[0])
    gpu = ops.prim.is_cuda(tokens[0])
    dtype = ops.prim.dtype(w[4])
    kept = ops.prim.dtype(own[0][0])
    embedded = annotate(List[Tensor], [])
    positions = annotate(List[Tensor], [])
    ends = annotate(List[int], [])
    columns = annotate(List[int], [])
    steps = annotate(List[int], [])
    togethers = annotate(List[bool], [])
    chunk_masks = annotate(List[Tensor], [])
    masks = annotate(List[List[Tensor]], [])
    rooms = annotate(List[List[Tensor]], [])
    rows = 0
    for i in range(count):
      b = torch.size(chunks[i][0], 1)
      t = torch.size(chunks[i][0], 3)
      n = torch.size(tokens[i], 1)
      p = pasts[i]
      end = p + n
      _a = torch.append(ends, end)
      _b = torch.append(embedded, torch.embedding(w[0], torch.reshape(torch.expand(torch.unsqueeze(torch.squeeze(tokens[i], 0), 1), [n, b]), [-1])))
      at_rows = torch.add(torch.unsqueeze(torch.arange(p, end, dtype=4, device=dev), 1), torch.unsqueeze(lengths[i], 0))  # -> (n, B)
      _c = torch.append(positions, torch.reshape(at_rows, [-1]))
      in_chunk = torch.lt(torch.unsqueeze(torch.arange(t, dtype=4, device=dev), 0), torch.unsqueeze(lengths[i], 1))  # -> (B, T)
      in_chunk = torch.view(in_chunk, [b, 1, 1, t])
      chunk_mask = torch.masked_fill(torch.zeros_like(in_chunk, dtype=kept), torch.logical_not(in_chunk), -1. / 0.)
      _l = torch.append(chunk_masks, chunk_mask)
      seen = self.seen_by(p, n, dev)
      # from a few tokens on there are more scores than keys: these are put together, so that scores needn't be
      together = n > 2 and (kept == 6 or not gpu)
      _d = torch.append(togethers, together)
      read = end
      if not together and kept != 6 and not gpu:
        # all of the prompt's room: bfloat16 products on a CPU copy what has gaps
        read = torch.size(own[i][0], 3)
        seen = torch.constant_pad_nd(seen, [0, read - end], 0)
      _e = torch.append(columns, read)
      own_mask = self.wide(seen, n_heads, n_kv, kept)  # -> (1, 1, R*n, columns)
      if together:
        _f = torch.append(masks, [torch.cat([torch.expand(chunk_mask, [b, 1, r * n, t]), torch.expand(own_mask, [b, 1, r * n, end])], -1)])
      else:
        _g = torch.append(masks, [chunk_mask, own_mask])
      # numbers are put together, and int8 widened, for so many chunks at once as stay in the processor's caches; so do their scores
      step = b
      rounded = torch.len(chunks[i]) > 2
      if (together or rounded) and not gpu:
        step = torch.floordiv(524288, n_kv * t * d)
        if together and kept != 6:
          step = torch.floordiv(262144, n_heads * n * t)
        if step < 1:
          step = 1
        if step > b:
          step = b
      _h = torch.append(steps, step)
      if together or rounded:
        _i = torch.append(rooms, self.rooms([step, n_kv, t, d], end, together, kept, dev))
      else:
        _j = torch.append(rooms, annotate(List[Tensor], []))
      rows = rows + n * b
    if count == 1:
      x = embedded[0]
      turn = self.turns(positions[0], inv, n_heads, n_kv)
    else:
      x = torch.cat(embedded, 0)
      turn = self.turns(torch.cat(positions, 0), inv, n_heads, n_kv)
    # rows that run through the ordinary projections
    plain = rows
    if added > 0:
      plain = rows - torch.size(lengths[0], 0)
    cand_keys = annotate(List[Tensor], [])
    cand_values = annotate(List[Tensor], [])
    for l in range(layers):
      at = 3 + l * 8
      last = l == layers - 1
      z = self.linear_two(self.normed(x, w[at], eps, dtype), plain, w[at + 1], w[at + 6])  # -> (rows, (N + 2 G) * D)
      if added > 0:
        newest = torch.slice(z, 0, plain, rows, 1)
        _k = torch.append(cand_keys, torch.view(torch.to(torch.slice(newest, 1, wide, wide + narrow, 1), 6, False, True), [-1, n_kv, d]))
        _v = torch.append(cand_values, torch.view(torch.to(torch.slice(newest, 1, wide + narrow, wide + 2 * narrow, 1), 6, False, True), [-1, n_kv, d]))
      turned = self.rotate(torch.view(torch.slice(z, 1, 0, wide + narrow, 1), [rows, n_heads + n_kv, d]), turn)
      asking = annotate(List[Tensor], [])
      found = annotate(List[Tensor], [])
      first = 0
      for i in range(count):
        b = torch.size(lengths[i], 0)
        n = torch.size(tokens[i], 1)
        to = first + n * b
        k = torch.view(torch.slice(torch.slice(turned, 0, first, to, 1), 1, n_heads, n_heads + n_kv, 1), [n, b, n_kv, d])
        v = torch.view(torch.slice(torch.slice(z, 0, first, to, 1), 1, wide + narrow, wide + 2 * narrow, 1), [n, b, n_kv, d])
        own_keys = torch.slice(torch.select(own[i][0], 0, l), 2, 0, columns[i], 1)  # -> (B, G, columns, D)
        own_values = torch.slice(torch.select(own[i][1], 0, l), 2, 0, columns[i], 1)
        _a = torch.copy_(torch.slice(own_keys, 2, pasts[i], ends[i], 1), torch.permute(k, [1, 2, 0, 3]))
        _b = torch.copy_(torch.slice(own_values, 2, pasts[i], ends[i], 1), torch.permute(v, [1, 2, 0, 3]))
        if added == 0 or not last:
          chunk = annotate(List[Tensor], [])
          for j in range(torch.len(chunks[i])):
            _c = torch.append(chunk, torch.select(chunks[i][j], 0, l))
          if last and every[i] == 0 and n > 1:
            # the last token alone asks
            seen = torch.slice(self.seen_by(pasts[i], n, dev), 2, n - 1, n, 1)
            seen = torch.constant_pad_nd(seen, [0, columns[i] - ends[i]], 0)
            alone = [chunk_masks[i], self.wide(seen, n_heads, n_kv, kept)]
            room = rooms[i]
            if torch.len(chunk) > 2:
              room = self.rooms([steps[i], n_kv, torch.size(chunk[0], 2), d], 0, False, kept, dev)
            queries = torch.slice(turned, 0, to - b, to, 1)
            y = self.attended(torch.slice(queries, 1, 0, n_heads, 1), b, chunk, [own_keys, own_values], alone, False, steps[i], room)
            _d = torch.append(asking, torch.slice(x, 0, to - b, to, 1))
          else:
            queries = torch.slice(turned, 0, first, to, 1)
            y = self.attended(torch.slice(queries, 1, 0, n_heads, 1), b, chunk, [own_keys, own_values], masks[i], togethers[i], steps[i], rooms[i])
            if last:
              _e = torch.append(asking, torch.slice(x, 0, first, to, 1))
          _y = torch.append(found, y)
        first = to
      if added == 0 or not last:
        y = found[0]
        if count > 1:
          y = torch.cat(found, 0)
        here = plain
        if last:
          x = asking[0]
          if count > 1:
            x = torch.cat(asking, 0)
          here = torch.size(x, 0)
        x = torch.add(x, self.linear_two(torch.to(y, dtype), here, w[at + 2], w[at + 7]))
        x = self.fused_mlp(x, w, at, eps)
    if added > 0:
      out = [torch.stack(cand_keys, 0), torch.stack(cand_values, 0)]
    else:
      out = annotate(List[Tensor], [])
      first = 0
      for i in range(count):
        b = torch.size(lengths[i], 0)
        n = 1
        if every[i] > 0:
          n = torch.size(tokens[i], 1)
        _o = torch.append(out, torch.view(torch.slice(x, 0, first, first + n * b, 1), [n, b, -1]))
        first = first + n * b
    return out

  # Attention of a batch's tokens in a layer. queries (n*B, N, D), scaled; chunk: keys, values (B, G, T, D) and scales, own: keys,
  # values (B, G, columns, D); masks, together, room: see over_both(), together for one mask; step: so many chunks at once
  # -> (n*B, N*D)
  def attended(self: __torch__.FocusGraph, queries: Tensor, b: int, chunk: List[Tensor], own: List[Tensor], masks: List[Tensor], together: bool, step: int, room: List[Tensor]) -> Tensor:
    n_kv = torch.size(chunk[0], 1)
    d = torch.size(chunk[0], 3)
    n = torch.floordiv(torch.size(queries, 0), b)
    r = torch.floordiv(torch.size(queries, 1), n_kv)
    q = torch.view(queries, [n, b, n_kv, r, d])
    q = torch.contiguous(torch.to(torch.reshape(torch.permute(q, [1, 2, 3, 0, 4]), [b, n_kv, r * n, d]), ops.prim.dtype(own[0])))
    parts = annotate(List[Tensor], [])
    for first in range(0, b, step):
      some = annotate(List[Tensor], [])
      for i in range(torch.len(chunk)):
        _s = torch.append(some, torch.slice(chunk[i], 0, first, first + step, 1))
      some_own = [torch.slice(own[0], 0, first, first + step, 1), torch.slice(own[1], 0, first, first + step, 1)]
      some_masks = [torch.slice(masks[0], 0, first, first + step, 1)]
      if not together:
        _m = torch.append(some_masks, masks[1])
      _y = torch.append(parts, self.over_both(torch.slice(q, 0, first, first + step, 1), some, some_own, some_masks, room))
    y = parts[0]
    if torch.len(parts) > 1:
      y = torch.cat(parts, 0)
    return torch.reshape(torch.permute(torch.view(y, [b, n_kv, r, n, d]), [3, 0, 1, 2, 4]), [n * b, -1])

  # Dynamic condensing (FocusLLM section 3.2): every chunk is continued with the same new tokens; all but the last run
  # through the frozen projections and join the prompt, the last one through the added ones: its keys and values are
  # the chunk's candidate. Arguments as in continued().
  # -> candidate keys before rotary embedding, candidate values, each (L, B, G, D). Afterwards the prompt has P + n - 1 tokens.
  def condense(self: __torch__.FocusGraph, w: List[Tensor], cfg: Tensor, consts: Tensor, inv: Tensor, chunks: List[Tensor], own: List[Tensor], lengths: Tensor, past: Tensor, tokens: Tensor) -> List[Tensor]:
    return self.continued(w, cfg, consts, inv, chunks, own, lengths, past, tokens, 1, 0)

  # Proposals: every chunk is continued with the same new tokens and says what it would say next, or abstains. Arguments as in
  # continued(); how: int64 on the CPU, [the token that abstains, 1 for a proposal after every new token and 0 for the last].
  # -> what the chunk says after each of n' tokens, n' = n or 1: with one, of each token how likely it is by the likeliest one,
  #   (1, B, V), none for abstaining itself; with more, what that is made of, (n', B, H), by likely(), where it is wanted; the
  #   logarithm of the odds that the chunk says something, (n', B); with one, the sums of what it says, (1, B). Afterwards the
  #   prompt has P + n tokens.
  def propose(self: __torch__.FocusGraph, w: List[Tensor], cfg: Tensor, consts: Tensor, inv: Tensor, chunks: List[Tensor], own: List[Tensor], lengths: Tensor, past: Tensor, tokens: Tensor, how: Tensor) -> List[Tensor]:
    x = self.continued(w, cfg, consts, inv, chunks, own, lengths, past, tokens, 0, int(how[1]))
    return self.proposals(w, consts, x, int(how[0]))

  # Proposals of several batches, of one question or of many, each continued with tokens of its own. What weights cost, and each
  # step of the graph, is paid once for all.
  #
  # chunks, own: those of the batches, one after the other. lengths (B_i), tokens (1, n_i): of each batch. layout: int64 on the CPU,
  #   (batches, 3): how many of `chunks` are the batch's, 2 or 4; its P; whether all its tokens propose. abstain: int64 on the CPU,
  #   [the token that abstains]. -> of each batch what propose() gives
  def propose_together(self: __torch__.FocusGraph, w: List[Tensor], cfg: Tensor, consts: Tensor, inv: Tensor, chunks: List[Tensor], own: List[Tensor], lengths: List[Tensor], tokens: List[Tensor], layout: Tensor, abstain: Tensor) -> List[Tensor]:
    of_chunks = annotate(List[List[Tensor]], [])
    of_own = annotate(List[List[Tensor]], [])
    pasts = annotate(List[int], [])
    every = annotate(List[int], [])
    at = 0
    for i in range(torch.len(lengths)):
      some = annotate(List[Tensor], [])
      for j in range(int(layout[i][0])):
        _a = torch.append(some, chunks[at + j])
      at = at + int(layout[i][0])
      _b = torch.append(of_chunks, some)
      _c = torch.append(of_own, [own[2 * i], own[2 * i + 1]])
      _d = torch.append(pasts, int(layout[i][1]))
      _e = torch.append(every, int(layout[i][2]))
    xs = self.continued_together(w, cfg, consts, inv, of_chunks, of_own, lengths, pasts, tokens, 0, every)
    return self.proposals(w, consts, xs, int(abstain[0]))

  # What is proposed, of what tokens have become. xs: of each batch (n', B, H); a: the token that abstains -> see propose()
  def proposals(self: __torch__.FocusGraph, w: List[Tensor], consts: Tensor, xs: List[Tensor], a: int) -> List[Tensor]:
    out = annotate(List[Tensor], [])
    single = annotate(List[Tensor], [])
    for i in range(torch.len(xs)):
      if torch.size(xs[i], 0) == 1:
        _a = torch.append(single, torch.squeeze(xs[i], 0))
    said = annotate(List[Tensor], [])
    if torch.len(single) > 0:
      x = single[0]
      if torch.len(single) > 1:
        x = torch.cat(single, 0)
      said = self.likely(w, self.normed(x, w[1], float(consts[0]), ops.prim.dtype(w[4])), a)
    first = 0
    for i in range(torch.len(xs)):
      n = torch.size(xs[i], 0)
      b = torch.size(xs[i], 1)
      if n == 1:
        for j in range(3):
          _b = torch.append(out, torch.unsqueeze(torch.slice(said[j], 0, first, first + b, 1), 0))
        first = first + b
      else:
        h = self.normed(torch.flatten(xs[i], 0, 1), w[1], float(consts[0]), ops.prim.dtype(w[4]))
        some = annotate(List[Tensor], [])
        for row in range(0, n * b, 256):
          _c = torch.append(some, self.likely(w, torch.slice(h, 0, row, row + 256, 1), a)[1])
        odds = torch.view(torch.cat(some, 0), [n, b])
        _d = torch.append(out, torch.view(h, [n, b, -1]))
        _e = torch.append(out, odds)
        _f = torch.append(out, odds)
    return out

  # h (M, H), after the last norm; a: the token that abstains -> how likely each token is by the likeliest one, 0 for a, (M, V); the
  # logarithm of the odds against a, (M); the sums of the first, (M)
  def likely(self: __torch__.FocusGraph, w: List[Tensor], h: Tensor, a: int) -> List[Tensor]:
    logits = torch.to(self.product(h, w[2]), 6)
    silent = torch.clone(torch.slice(logits, 1, a, a + 1, 1))
    _f = torch.fill_(torch.slice(logits, 1, a, a + 1, 1), -1. / 0.)
    most = torch.amax(logits, [-1], True)
    likely = torch.exp_(torch.sub_(logits, most))
    sums = torch.sum(likely, [-1])
    return [likely, torch.add(torch.squeeze(torch.sub(most, silent), 1), torch.log(sums)), sums]

  # Every chunk continued with the same new tokens: how likely each next one is, of all but the token that abstains. Arguments as
  # in continued(); next (n): what follows each of the tokens; how: int64 on the CPU, [the token that abstains].
  # -> logarithms of probabilities, (n, B). Afterwards the prompt has P + n tokens.
  def likelihood(self: __torch__.FocusGraph, w: List[Tensor], cfg: Tensor, consts: Tensor, inv: Tensor, chunks: List[Tensor], own: List[Tensor], lengths: Tensor, past: Tensor, tokens: Tensor, next: Tensor, how: Tensor) -> Tensor:
    a = int(how[0])
    b = torch.size(chunks[0], 1)
    n = torch.size(tokens, 1)
    x = torch.flatten(self.continued(w, cfg, consts, inv, chunks, own, lengths, past, tokens, 0, 1)[0], 0, 1)
    logits = torch.to(self.product(self.normed(x, w[1], float(consts[0]), ops.prim.dtype(w[4])), w[2]), 6)
    _f = torch.fill_(torch.slice(logits, 1, a, a + 1, 1), -1. / 0.)
    wanted = torch.reshape(torch.expand(torch.unsqueeze(next, 1), [n, b]), [n * b, 1])
    picked = torch.squeeze(torch.gather(logits, 1, wanted), 1)
    return torch.view(torch.sub(picked, torch.logsumexp(logits, [-1])), [n, b])

  # What is said, of what is proposed. w: from fuse() or pack(). proposals, sums: of each batch of chunks, as propose() gives them; the
  # very last row is of the model without any chunk. at: int64 on the CPU, [which of the n', n', the token that abstains]. rows (C'):
  # the chunks that count, of all batches one after the other; parts (C'): each one's; none: float64 on the CPU, the logarithm of the
  # part of the model without any chunk.
  # -> logarithm of each token's probability, (V); each counting chunk's part in the likeliest token, (C')
  def agree(self: __torch__.FocusGraph, w: List[Tensor], proposals: List[Tensor], sums: List[Tensor], at: Tensor, rows: Tensor, parts: Tensor, none: Tensor) -> List[Tensor]:
    j = int(at[0])
    made = int(at[1]) == 1
    a = int(at[2])
    last = torch.select(proposals[torch.len(proposals) - 1], 0, j)
    b = torch.size(last, 0)
    if made:
      alone = torch.select(last, 0, b - 1)
      whole = torch.select(torch.select(sums[torch.len(sums) - 1], 0, j), 0, b - 1)
    else:
      one = self.likely(w, torch.slice(last, 0, b - 1, b, 1), a)
      alone = torch.squeeze(one[0], 0)
      whole = torch.squeeze(one[2], 0)
    # what float32 can't tell from nothing stays a number; abstaining is never said
    own = torch.add(torch.log(torch.clamp(torch.div(alone, whole), 1e-37)), float(none[0]))
    _a = torch.fill_(torch.slice(own, 0, a, a + 1, 1), -1. / 0.)
    if torch.size(rows, 0) == 0:
      return [own, torch.zeros([0], dtype=6, device=ops.prim.device(own))]
    picked = annotate(List[Tensor], [])
    places = annotate(List[Tensor], [])
    weights = annotate(List[Tensor], [])
    all = torch.zeros_like(alone)
    first = 0
    for i in range(torch.len(proposals)):
      some = torch.select(proposals[i], 0, j)
      b = torch.size(some, 0)
      here = torch.logical_and(torch.ge(rows, first), torch.lt(rows, first + b))
      place = torch.sub(torch.masked_select(rows, here), first)
      count = torch.size(place, 0)
      first = first + b
      if count > 0:
        weight = torch.masked_select(parts, here)
        if made and 4 * count >= b:
          # nothing is copied: those that don't count have no part
          weight = torch.div(weight, torch.index_select(torch.select(sums[i], 0, j), 0, place))
          weight = torch.index_copy(torch.zeros([b], dtype=6, device=ops.prim.device(weight)), 0, place, weight)
        else:
          some = torch.index_select(some, 0, place)
          if made:
            whole = torch.index_select(torch.select(sums[i], 0, j), 0, place)
          else:
            one = self.likely(w, some, a)
            some = one[0]
            whole = one[2]
          weight = torch.div(weight, whole)
          place = torch.arange(count, dtype=4, device=ops.prim.device(place))
        all = torch.add(all, torch.squeeze(torch.mm(torch.unsqueeze(weight, 0), some), 0))
        _p = torch.append(picked, some)
        _w = torch.append(weights, weight)
        _l = torch.append(places, place)
    mixed = torch.logaddexp(torch.log(all), own)
    likeliest = int(torch.argmax(mixed))
    shares = annotate(List[Tensor], [])
    for k in range(torch.len(picked)):
      share = torch.mul(torch.select(picked[k], 1, likeliest), weights[k])
      _s = torch.append(shares, torch.index_select(share, 0, places[k]))
    return [mixed, torch.div(torch.cat(shares, 0), torch.exp(torch.select(mixed, 0, likeliest)))]

  # Parallel decoding (FocusLLM section 3.3): the frozen decoder over [candidates ; local context]. w: from fuse().
  #
  # cand_keys (before rotary embedding), cand_values (L, C, G, D); cand_positions (C), float32.
  # local_keys, local_values (L, G, Smax, D): written in place; the first `past` columns hold earlier local tokens.
  # span: int64 on the CPU, [past, first tail token, end of the tail]; start: float64 on the CPU, [position of the first local
  #   token]. tokens (1, n) -> logits (V) after the last token; attention (L, C + 1): the part of the last token's attention
  #   that went to each candidate, and to the tail token that got most, mean over heads: one token each, so that they compare.
  #   Afterwards there are past + n local tokens.
  def decode(self: __torch__.FocusGraph, w: List[Tensor], cfg: Tensor, consts: Tensor, inv: Tensor, cand_keys: Tensor, cand_values: Tensor, cand_positions: Tensor, local_keys: Tensor, local_values: Tensor, span: Tensor, start: Tensor, tokens: Tensor) -> List[Tensor]:
    layers = int(cfg[0])
    n_heads = int(cfg[1])
    n_kv = int(cfg[2])
    eps = float(consts[0])
    past = int(span[0])
    tail = int(span[1])
    tail_end = int(span[2])
    n = torch.size(tokens, 1)
    c = torch.size(cand_keys, 1)
    d = torch.size(cand_keys, 3)
    r = torch.floordiv(n_heads, n_kv)
    wide = n_heads * d
    narrow = n_kv * d
    end = past + n
    dev = ops.prim.device(tokens)
    dtype = ops.prim.dtype(w[4])
    x = torch.embedding(w[0], torch.squeeze(tokens, 0))
    turn = self.turns(torch.add(torch.arange(past, end, dtype=6, device=dev), float(start[0])), inv, n_heads, n_kv)
    cand_turn = torch.view(self.rotary(cand_positions, inv), [1, c, 1, torch.size(inv, 0)])
    ck = torch.transpose(self.rotate(cand_keys, cand_turn), 1, 2)  # -> (L, G, C, D)
    cv = torch.transpose(cand_values, 1, 2)
    seen = torch.ones([n, c + past], dtype=11, device=dev)
    own = torch.tril(torch.ones([n, n], dtype=11, device=dev))
    mask = self.wide(torch.view(torch.cat([seen, own], 1), [1, 1, n, c + end]), n_heads, n_kv, ops.prim.dtype(x))
    attention = annotate(List[Tensor], [])
    for l in range(layers):
      at = 3 + l * 8
      z = torch.to(self.product(self.normed(x, w[at], eps, dtype), w[at + 1]), 6)
      turned = self.rotate(torch.view(torch.slice(z, 1, 0, wide + narrow, 1), [n, n_heads + n_kv, d]), turn)
      q = torch.transpose(torch.slice(turned, 1, 0, n_heads, 1), 0, 1)  # -> (N, n, D)
      k = torch.transpose(torch.slice(turned, 1, n_heads, n_heads + n_kv, 1), 0, 1)
      v = torch.transpose(torch.view(torch.slice(z, 1, wide + narrow, wide + 2 * narrow, 1), [n, n_kv, d]), 0, 1)
      lk = torch.select(local_keys, 0, l)
      lv = torch.select(local_values, 0, l)
      _a = torch.copy_(torch.slice(lk, 1, past, end, 1), k)
      _b = torch.copy_(torch.slice(lv, 1, past, end, 1), v)
      all_k = torch.cat([torch.select(ck, 0, l), torch.slice(lk, 1, 0, end, 1)], 1)  # -> (G, C + past + n, D)
      all_v = torch.cat([torch.select(cv, 0, l), torch.slice(lv, 1, 0, end, 1)], 1)
      # what the last token looks at, for evidence
      last_q = torch.reshape(torch.slice(q, 1, n - 1, n, 1), [n_kv, r, d])
      probs = torch.softmax(torch.bmm(last_q, torch.transpose(all_k, 1, 2)), -1)
      _c = torch.append(attention, torch.mean(probs, [0, 1]))
      if n == 1:
        y = torch.view(torch.bmm(probs, all_v), [1, wide])
      else:
        folded = torch.reshape(q, [1, n_kv, r * n, d])
        y = torch.scaled_dot_product_attention(folded, torch.unsqueeze(all_k, 0), torch.unsqueeze(all_v, 0), mask, 0., False, scale=1.)
        y = torch.reshape(torch.transpose(torch.view(y, [n_heads, n, d]), 0, 1), [n, wide])
      x = torch.add(x, self.product(torch.to(y, dtype), w[at + 2]))
      if l == layers - 1:
        x = torch.slice(x, 0, n - 1, n, 1)
      x = self.fused_mlp(x, w, at, eps)
    logits = torch.to(self.product(self.normed(x, w[1], eps, dtype), w[2]), 6)
    looked = torch.stack(attention, 0)  # -> (L, C + past + n)
    if tail_end > tail:
      most = torch.amax(torch.slice(looked, 1, c + tail, c + tail_end, 1), [1], True)
    else:
      most = torch.zeros([layers, 1], dtype=6, device=dev)
    return [torch.reshape(logits, [-1]), torch.cat([torch.slice(looked, 1, 0, c, 1), most], 1)]

  # --- training --------------------------------------------------------------------------------------------------

  # x / root mean square of x; the norm's weight is folded into the matrices that read it.
  def unit(self: __torch__.FocusGraph, x: Tensor, eps: float) -> Tensor:
    length = torch.linalg_vector_norm(x, 2, [-1], True)
    mean = torch.mul(torch.mul(length, length), torch.div(1., float(torch.size(x, -1))))
    return torch.mul(x, torch.rsqrt(torch.add(mean, eps)))

  # A float32 weight (out, in) with the norm's weight (in) before it folded in, in the type of products.
  def folded(self: __torch__.FocusGraph, w: Tensor, norm: Tensor, dtype: int) -> Tensor:
    return torch.to(torch.mul(w, norm), dtype)

  # A plain decoder, arranged for learning on a CPU: q, k, v and gate, up are one product each, norms' weights are folded into
  # matrices, rotary embedding is one complex product over pairs of dimensions put side by side (the same permutation of q and
  # k, which attention doesn't see).
  #
  # All M tokens are one flat row of products; only attention knows what belongs together: first B sequences of T tokens, each
  # over itself, causal; then groups of continuations, n of L tokens each, that see a sequence and themselves.
  #
  # w: float32; dtype: of products, 15 = bfloat16, 6 = float32. tokens (M); positions (M), float32; layout: int64 on the CPU,
  # [B, T, n1, L1, n2, L2, ...]; whose (N = n1 + n2 + ...): the sequence that each continues; columns (N, T): where each of its
  # tokens stands for that continuation, -1 where it isn't seen; moved: int64 on the CPU, 1 where any stands elsewhere than in
  # its sequence (then as excerpt() moves them). -> (M, H) before the last norm
  def learning(self: __torch__.FocusGraph, w: List[Tensor], cfg: Tensor, consts: Tensor, inv: Tensor, dtype: int, tokens: Tensor, positions: Tensor, layout: Tensor, whose: Tensor, columns: Tensor, moved: Tensor) -> Tensor:
    layers = int(cfg[0])
    n_heads = int(cfg[1])
    n_kv = int(cfg[2])
    eps = float(consts[0])
    dev = ops.prim.device(tokens)
    m = torch.size(tokens, 0)
    b = int(layout[0])
    t = int(layout[1])
    groups = torch.floordiv(torch.size(layout, 0), 2) - 1
    half = torch.size(inv, 0)
    d = half * 2
    r = torch.floordiv(n_heads, n_kv)
    wide = n_heads * d
    narrow = n_kv * d
    sizes = [b * t]
    masks = annotate(List[Tensor], [])
    of_group = annotate(List[Tensor], [])
    shifts = annotate(List[Tensor], [])
    together = int(moved[0]) > 0
    first = 0
    for g in range(groups):
      n = int(layout[2 * g + 2])
      length = int(layout[2 * g + 3])
      _s = torch.append(sizes, n * length)
      _o = torch.append(of_group, torch.slice(whose, 0, first, first + n, 1))
      stands = torch.slice(columns, 0, first, first + n, 1)  # -> (n, T)
      first = first + n
      some = torch.ge(stands, 0)
      if together:
        by = torch.mul(torch.sub(stands, torch.arange(t, dtype=4, device=dev)), some)
        _t = torch.append(shifts, torch.unsqueeze(self.rotary(by, inv), 1))  # -> (n, 1, T, D/2)
      own = torch.tril(torch.ones([length, length], dtype=11, device=dev))
      seen = torch.cat([torch.expand(torch.unsqueeze(some, 1), [n, length, t]), torch.expand(own, [n, length, length])], 2)
      _m = torch.append(masks, self.wide(torch.unsqueeze(seen, 1), n_heads, n_kv, 6))
    # row r of a head goes to 2 r for r < D/2, else to 2 (r - D/2) + 1
    pairs = torch.reshape(torch.transpose(torch.view(torch.arange(d, dtype=4, device=dev), [2, half]), 0, 1), [-1])
    rows = torch.reshape(torch.add(torch.unsqueeze(torch.mul(torch.arange(n_heads + n_kv, dtype=4, device=dev), d), 1), pairs), [-1])
    turn = torch.unsqueeze(self.rotary(positions, inv), 1)  # -> (M, 1, D/2)
    x = torch.embedding(w[0], tokens)
    for l in range(layers):
      at = 3 + l * 13
      qk = torch.index_select(torch.cat([w[at + 1], w[at + 2]], 0), 0, rows)
      qkv = self.folded(torch.cat([qk, w[at + 3]], 0), w[at], dtype)
      h = torch.linear(torch.to(self.unit(x, eps), dtype), qkv)
      # split, whose gradient is one concatenation; that of a slice is a tensor of zeros as large as the whole
      parted = torch.split_with_sizes(h, [wide + narrow, narrow], 1)
      turned = torch.reshape(torch.to(parted[0], 6), [m, n_heads + n_kv, half, 2])
      turned = torch.flatten(torch.view_as_real(torch.mul(torch.view_as_complex(turned), turn)), 2, 3)
      heads = torch.split_with_sizes(turned, [n_heads, n_kv], 1)
      q = torch.split_with_sizes(heads[0], sizes, 0)
      k = torch.split_with_sizes(heads[1], sizes, 0)
      v = torch.split_with_sizes(torch.reshape(torch.to(parted[1], 6), [m, n_kv, d]), sizes, 0)
      keys = self.apart(k[0], b)
      values = self.apart(v[0], b)
      y = [torch.reshape(self.join(self.causal(self.apart(q[0], b), keys, values)), [b * t, wide])]
      for g in range(groups):
        n = int(layout[2 * g + 2])
        length = int(layout[2 * g + 3])
        of_sequence = torch.index_select(keys, 0, of_group[g])
        if together:
          pairs_of = torch.view_as_complex(torch.reshape(of_sequence, [n, n_kv, t, half, 2]))
          of_sequence = torch.flatten(torch.view_as_real(torch.mul(pairs_of, shifts[g])), 3, 4)
        seen_keys = torch.cat([of_sequence, self.apart(k[g + 1], n)], 2)
        seen_values = torch.cat([torch.index_select(values, 0, of_group[g]), self.apart(v[g + 1], n)], 2)
        continued = self.attend(self.apart(q[g + 1], n), seen_keys, seen_values, masks[g])
        _y = torch.append(y, torch.reshape(self.join(continued), [n * length, wide]))
      x = torch.add(x, torch.to(torch.linear(torch.to(torch.cat(y, 0), dtype), torch.to(w[at + 4], dtype)), 6))
      gate_up = self.folded(torch.cat([w[at + 6], w[at + 7]], 0), w[at + 5], dtype)
      h = torch.linear(torch.to(self.unit(x, eps), dtype), gate_up)
      f = torch.size(w[at + 6], 0)
      halves = torch.split_with_sizes(h, [f, f], 1)
      h = torch.mul(torch.silu(halves[0]), halves[1])
      x = torch.add(x, torch.to(torch.linear(h, torch.to(w[at + 8], dtype)), 6))
    return x

  # x (B*S, M, D) -> (B, M, S, D)
  def apart(self: __torch__.FocusGraph, x: Tensor, b: int) -> Tensor:
    return torch.transpose(torch.view(x, [b, -1, torch.size(x, 1), torch.size(x, 2)]), 1, 2)

  # Logits of those of M positions that have a weight. x (M, H); target, weight (M) -> [logits, target, weight] of those
  def weighed(self: __torch__.FocusGraph, w: List[Tensor], eps: float, dtype: int, x: Tensor, target: Tensor, weight: Tensor) -> List[Tensor]:
    picked = torch.squeeze(torch.nonzero(weight), 1)
    some = self.unit(torch.index_select(x, 0, picked), eps)
    logits = torch.linear(torch.to(some, dtype), self.folded(w[2], w[1], dtype))
    return [logits, torch.index_select(target, 0, picked), torch.index_select(weight, 0, picked)]

  # Next-token loss of plain sequences. w: float32; product: int64 on the CPU, the type of products. tokens (B, S); weights
  # (B, S) of predicting each token from those before it.
  # -> [weighted sum of the losses, sum of weights, weighted number predicted right]
  def lm_loss(self: __torch__.FocusGraph, w: List[Tensor], cfg: Tensor, consts: Tensor, inv: Tensor, product: Tensor, tokens: Tensor, weights: Tensor) -> List[Tensor]:
    dtype = int(product[0])
    b = torch.size(tokens, 0)
    s = torch.size(tokens, 1)
    dev = ops.prim.device(tokens)
    positions = torch.repeat(torch.arange(s, dtype=6, device=dev), [b])
    layout = torch.tensor([b, s], dtype=4)
    none = torch.zeros([0], dtype=4, device=dev)
    x = self.learning(w, cfg, consts, inv, dtype, torch.reshape(tokens, [-1]), positions, layout, none, none, torch.zeros([1], dtype=4))
    x = torch.reshape(torch.slice(torch.view(x, [b, s, -1]), 1, 0, s - 1, 1), [b * (s - 1), -1])
    target = torch.reshape(torch.slice(tokens, 1, 1, 9223372036854775807, 1), [-1])
    weight = torch.reshape(torch.slice(weights, 1, 1, 9223372036854775807, 1), [-1])
    some = self.weighed(w, float(consts[0]), dtype, x, target, weight)
    return self.loss(some[0], some[1], some[2])

  # Loss of proposals: chunks, and continuations of them: questions that see a chunk and themselves, not one another.
  #
  # w: float32; product as in lm_loss. tokens, positions (M), layout, whose, columns, moved: as in learning(), padded on the
  # right; target, weight (M) of what is to follow each token. abstain: int64 on the CPU, the token of a chunk that has nothing to say.
  # -> [weighted loss, weight, weighted hits, (4): tokens said right and all of those, abstentions right and all of those]
  def proposal_loss(self: __torch__.FocusGraph, w: List[Tensor], cfg: Tensor, consts: Tensor, inv: Tensor, product: Tensor, tokens: Tensor, positions: Tensor, layout: Tensor, whose: Tensor, columns: Tensor, moved: Tensor, target: Tensor, weight: Tensor, abstain: Tensor) -> List[Tensor]:
    dtype = int(product[0])
    x = self.learning(w, cfg, consts, inv, dtype, tokens, torch.to(positions, 6), layout, whose, columns, moved)
    some = self.weighed(w, float(consts[0]), dtype, x, target, weight)
    sums = self.loss(some[0], some[1], some[2])
    right = torch.to(torch.eq(torch.argmax(torch.detach(some[0]), -1), some[1]), 6)
    # of the continuations only, not of the chunks' own text
    asked = torch.ge(torch.squeeze(torch.nonzero(weight), 1), int(layout[0]) * int(layout[1]))
    silent = torch.to(torch.logical_and(asked, torch.eq(some[1], int(abstain[0]))), 6)
    spoken = torch.sub(torch.to(asked, 6), silent)
    counts = [torch.sum(torch.mul(right, spoken)), torch.sum(spoken), torch.sum(torch.mul(right, silent)), torch.sum(silent)]
    return [sums[0], sums[1], sums[2], torch.stack(counts, 0)]

  # logits (M, V), target (M), weight (M) -> [weighted loss, weight, weighted hits]
  def loss(self: __torch__.FocusGraph, logits: Tensor, target: Tensor, weight: Tensor) -> List[Tensor]:
    each = torch.cross_entropy_loss(torch.to(logits, 6), target, None, 0, -100, 0.)
    hits = torch.to(torch.eq(torch.argmax(torch.detach(logits), -1), target), 6)
    return [torch.sum(torch.mul(each, weight)), torch.sum(weight), torch.sum(torch.mul(hits, weight))]

  # prefill() with the weights as they are trained. tokens (B, T), padded on the right. -> keys after rotary embedding, values, each (L, B, G, T, D)
  def train_prefill(self: __torch__.FocusGraph, w: List[Tensor], cfg: Tensor, consts: Tensor, inv: Tensor, tokens: Tensor) -> List[Tensor]:
    layers = int(cfg[0])
    n_heads = int(cfg[1])
    n_kv = int(cfg[2])
    eps = float(consts[0])
    x = torch.embedding(w[0], tokens)
    turn = self.rotary(torch.arange(torch.size(tokens, 1), dtype=6, device=ops.prim.device(tokens)), inv)
    keys = annotate(List[Tensor], [])
    values = annotate(List[Tensor], [])
    for l in range(layers):
      at = 3 + l * 13
      h = self.norm(x, w[at], eps)
      k = self.rotate(self.heads(self.linear(h, w[at + 2]), n_kv), turn)
      v = self.heads(self.linear(h, w[at + 3]), n_kv)
      _k = torch.append(keys, k)
      _v = torch.append(values, v)
      if l < layers - 1:
        q = self.rotate(self.heads(self.linear(h, w[at + 1]), n_heads), turn)
        x = torch.add(x, self.linear(self.join(self.causal(q, k, v)), w[at + 4]))
        x = self.mlp(x, w, at, eps)
    return [torch.stack(keys, 0), torch.stack(values, 0)]

  # Candidates of Q questions over C chunks, for A answer steps each, in one pass: an ordinary stream (frozen) of the
  # question with its answer, and beside it a candidate stream: step a of question q is its token at last[q] + a, through the
  # added projections; it sees its chunk, the ordinary tokens before it, and itself.
  #
  # keys, values (L, C, G, T, D) from prefill; lengths (C); prompts (Q, S); last (Q); steps: int64 on the CPU, [A].
  # -> candidate keys before rotary embedding, candidate values, each (L, C, Q, A, G, D)
  def train_candidates(self: __torch__.FocusGraph, w: List[Tensor], cfg: Tensor, consts: Tensor, inv: Tensor, keys: Tensor, values: Tensor, lengths: Tensor, prompts: Tensor, last: Tensor, steps: Tensor) -> List[Tensor]:
    layers = int(cfg[0])
    n_heads = int(cfg[1])
    n_kv = int(cfg[2])
    eps = float(consts[0])
    a = int(steps[0])
    c = torch.size(keys, 1)
    t = torch.size(keys, 3)
    qn = torch.size(prompts, 0)
    s = torch.size(prompts, 1)
    rows = c * qn
    dev = ops.prim.device(prompts)
    columns = torch.arange(s, dtype=4, device=dev)
    at_step = torch.add(torch.unsqueeze(last, 1), torch.arange(a, dtype=4, device=dev))  # -> (Q, A)
    at_step = torch.clamp(at_step, 0, s - 1)
    step_tokens = torch.gather(prompts, 1, at_step)  # -> (Q, A)
    width = torch.size(w[0], 1)
    xo = torch.reshape(torch.expand(torch.unsqueeze(torch.embedding(w[0], prompts), 0), [c, qn, s, width]), [rows, s, width])
    xc = torch.reshape(torch.expand(torch.unsqueeze(torch.embedding(w[0], step_tokens), 0), [c, qn, a, width]), [rows, a, width])
    offset = torch.view(lengths, [c, 1, 1])
    pos_o = torch.reshape(torch.expand(torch.add(offset, torch.view(columns, [1, 1, s])), [c, qn, s]), [rows, 1, s])
    pos_c = torch.reshape(torch.add(offset, torch.unsqueeze(at_step, 0)), [rows, 1, a])
    turn_o = self.rotary(pos_o, inv)
    turn_c = self.rotary(pos_c, inv)
    in_chunk = torch.lt(torch.unsqueeze(torch.arange(t, dtype=4, device=dev), 0), torch.unsqueeze(lengths, 1))  # -> (C, T)
    chunk_o = torch.expand(torch.view(in_chunk, [c, 1, 1, t]), [c, qn, s, t])
    chunk_c = torch.expand(torch.view(in_chunk, [c, 1, 1, t]), [c, qn, a, t])
    own_o = torch.expand(torch.tril(torch.ones([s, s], dtype=11, device=dev)), [c, qn, s, s])
    before = torch.lt(torch.view(columns, [1, 1, s]), torch.unsqueeze(at_step, 2))  # -> (Q, A, S)
    own_c = torch.expand(torch.unsqueeze(before, 0), [c, qn, a, s])
    self_c = torch.expand(torch.to(torch.eye(a, device=dev), 11), [c, qn, a, a])
    mask_o = self.wide(torch.reshape(torch.cat([chunk_o, own_o], -1), [rows, 1, s, t + s]), n_heads, n_kv, ops.prim.dtype(xo))
    mask_c = self.wide(torch.reshape(torch.cat([chunk_c, own_c, self_c], -1), [rows, 1, a, t + s + a]), n_heads, n_kv, ops.prim.dtype(xc))
    cand_keys = annotate(List[Tensor], [])
    cand_values = annotate(List[Tensor], [])
    # as in train_local: one pass backwards for all layers, where states carry gradients
    keys_of = torch.unbind(keys, 0)
    values_of = torch.unbind(values, 0)
    for l in range(layers):
      at = 3 + l * 13
      ho = self.norm(xo, w[at], eps)
      hc = self.norm(xc, w[at], eps)
      kc = self.heads(self.linear(hc, w[at + 10]), n_kv)  # -> (C*Q, G, A, D)
      vc = self.heads(self.linear(hc, w[at + 11]), n_kv)
      d = torch.size(kc, 3)
      _k = torch.append(cand_keys, torch.view(torch.transpose(kc, 1, 2), [c, qn, a, n_kv, d]))
      _v = torch.append(cand_values, torch.view(torch.transpose(vc, 1, 2), [c, qn, a, n_kv, d]))
      if l < layers - 1:
        ko = self.rotate(self.heads(self.linear(ho, w[at + 2]), n_kv), turn_o)
        vo = self.heads(self.linear(ho, w[at + 3]), n_kv)
        chunk_k = torch.expand(torch.unsqueeze(keys_of[l], 1), [c, qn, n_kv, t, d])
        chunk_v = torch.expand(torch.unsqueeze(values_of[l], 1), [c, qn, n_kv, t, d])
        ok = torch.view(torch.cat([chunk_k, torch.reshape(ko, [c, qn, n_kv, s, d])], 3), [rows, n_kv, t + s, d])
        ov = torch.view(torch.cat([chunk_v, torch.reshape(vo, [c, qn, n_kv, s, d])], 3), [rows, n_kv, t + s, d])
        ck = torch.cat([ok, self.rotate(kc, turn_c)], 2)
        cv = torch.cat([ov, vc], 2)
        qo = self.rotate(self.heads(self.linear(ho, w[at + 1]), n_heads), turn_o)
        qc = self.rotate(self.heads(self.linear(hc, w[at + 9]), n_heads), turn_c)
        xo = torch.add(xo, self.linear(self.join(self.attend(qo, ok, ov, mask_o)), w[at + 4]))
        xc = torch.add(xc, self.linear(self.join(self.attend(qc, ck, cv, mask_c)), w[at + 12]))
        xo = self.mlp(xo, w, at, eps)
        xc = self.mlp(xc, w, at, eps)
    return [torch.stack(cand_keys, 0), torch.stack(cand_values, 0)]

  # Loss of parallel decoding, `incremental`: the local token at last[q] + a sees the candidates of step a, those before
  # last[q] the candidates of step 0. With one step this is also the reference's training pass.
  #
  # cand_keys, cand_values (L, C, Q, A, G, D); cand_positions (C); start: float64 on the CPU, [position of the first local
  # token]; locals (Q, S); last (Q); target, weight (Q, A) -> [weighted loss, weight, weighted hits, questions all right]
  def train_local(self: __torch__.FocusGraph, w: List[Tensor], cfg: Tensor, consts: Tensor, inv: Tensor, cand_keys: Tensor, cand_values: Tensor, cand_positions: Tensor, start: Tensor, locals: Tensor, last: Tensor, target: Tensor, weight: Tensor) -> List[Tensor]:
    layers = int(cfg[0])
    n_heads = int(cfg[1])
    n_kv = int(cfg[2])
    eps = float(consts[0])
    c = torch.size(cand_keys, 1)
    a = torch.size(cand_keys, 3)
    d = torch.size(cand_keys, 5)
    qn = torch.size(locals, 0)
    s = torch.size(locals, 1)
    dev = ops.prim.device(locals)
    columns = torch.arange(s, dtype=4, device=dev)
    step = torch.clamp(torch.sub(torch.unsqueeze(columns, 0), torch.unsqueeze(last, 1)), 0, a - 1)  # -> (Q, S)
    same = torch.eq(torch.unsqueeze(step, -1), torch.arange(a, dtype=4, device=dev))  # -> (Q, S, A)
    in_cand = torch.reshape(torch.expand(torch.unsqueeze(same, 2), [qn, s, c, a]), [qn, s, c * a])
    own = torch.expand(torch.tril(torch.ones([s, s], dtype=11, device=dev)), [qn, s, s])
    mask = self.wide(torch.unsqueeze(torch.cat([in_cand, own], -1), 1), n_heads, n_kv, ops.prim.dtype(w[0]))  # -> (Q, 1, R*S, C*A + S)
    turn = self.rotary(torch.add(torch.to(columns, 6), float(start[0])), inv)
    cand_turn = self.rotary(cand_positions, inv)  # -> (C, D/2)
    cand_turn = torch.view(cand_turn, [c, 1, 1, 1, -1])
    x = torch.embedding(w[0], locals)
    # one pass backwards for all layers; a select a layer would fill a gradient of the whole each time
    keys_of = torch.unbind(cand_keys, 0)
    values_of = torch.unbind(cand_values, 0)
    for l in range(layers):
      at = 3 + l * 13
      h = self.norm(x, w[at], eps)
      k = self.rotate(self.heads(self.linear(h, w[at + 2]), n_kv), turn)
      v = self.heads(self.linear(h, w[at + 3]), n_kv)
      q = self.rotate(self.heads(self.linear(h, w[at + 1]), n_heads), turn)
      ck = self.rotate(keys_of[l], cand_turn)
      ck = torch.reshape(torch.permute(ck, [1, 3, 0, 2, 4]), [qn, n_kv, c * a, d])  # (C, Q, A, G, D) -> (Q, G, C*A, D)
      cv = torch.reshape(torch.permute(values_of[l], [1, 3, 0, 2, 4]), [qn, n_kv, c * a, d])
      y = self.attend(q, torch.cat([ck, k], 2), torch.cat([cv, v], 2), mask)
      x = torch.add(x, self.linear(self.join(y), w[at + 4]))
      x = self.mlp(x, w, at, eps)
    at_step = torch.clamp(torch.add(torch.unsqueeze(last, 1), torch.arange(a, dtype=4, device=dev)), 0, s - 1)
    picked = torch.gather(x, 1, torch.expand(torch.unsqueeze(at_step, -1), [qn, a, torch.size(x, 2)]))  # -> (Q, A, H)
    logits = self.linear(self.norm(picked, w[1], eps), w[2])
    logits = torch.reshape(logits, [qn * a, -1])
    sums = self.loss(logits, torch.reshape(target, [-1]), torch.reshape(weight, [-1]))
    right = torch.eq(torch.view(torch.argmax(logits, -1), [qn, a]), target)
    free = torch.eq(weight, 0.)
    all_right = torch.to(torch.all(torch.logical_or(right, free), -1), 6)
    return [sums[0], sums[1], sums[2], all_right]

  # One step of AdamW (Loshchilov and Hutter, arXiv 1711.05101) after clipping the gradients' common norm; parameters and both
  # moments are written in place.
  #
  # decays: int64 on the CPU, 1 where weight decay applies; scalars: float64 on the CPU, [learning rate, beta 1, beta 2,
  # epsilon, weight decay, step from 1, largest norm, momentum]. Where momentum is above 0, those with weight decay, which are
  # the matrices, take an orthogonal step instead (Muon, arXiv 2502.16982, whose second moment stays unused). -> the norm before
  # clipping
  def adamw(self: __torch__.FocusGraph, params: List[Tensor], grads: List[Tensor], first: List[Tensor], second: List[Tensor], decays: Tensor, scalars: Tensor) -> Tensor:
    lr = float(scalars[0])
    b1 = float(scalars[1])
    b2 = float(scalars[2])
    eps = float(scalars[3])
    wd = float(scalars[4])
    step = float(scalars[5])
    most = float(scalars[6])
    momentum = float(scalars[7])
    total = torch.zeros([], dtype=6, device=ops.prim.device(params[0]))
    for i in range(torch.len(grads)):
      total = torch.add(total, torch.sum(torch.mul(grads[i], grads[i])))
    norm = torch.sqrt(total)
    scale = torch.clamp(torch.mul(torch.reciprocal(torch.add(norm, 0.000001)), most), None, 1.)
    c1 = 1. - torch.pow(b1, step)
    c2 = torch.sqrt(1. - torch.pow(b2, step))
    for j in range(torch.len(params)):
      g = torch.mul(grads[j], scale)
      p = torch.detach(params[j])
      _c = torch.mul_(p, 1. - lr * wd * float(decays[j]))
      if momentum > 0. and int(decays[j]) == 1:
        _e = torch.add_(torch.mul_(first[j], momentum), g, alpha=1. - momentum)
        ahead = torch.add(torch.mul(first[j], momentum), g, alpha=1. - momentum)
        larger = torch.size(p, 0)
        if torch.size(p, 1) > larger:
          larger = torch.size(p, 1)
        # as large as a step of AdamW is, root mean square
        _f = torch.add_(p, self.orthogonal(ahead), alpha=torch.neg(lr * 0.2 * torch.sqrt(float(larger))))
      else:
        _a = torch.add_(torch.mul_(first[j], b1), g, alpha=1. - b1)
        _b = torch.addcmul_(torch.mul_(second[j], b2), g, g, value=1. - b2)
        _d = torch.addcdiv_(p, first[j], torch.add(torch.div(torch.sqrt(second[j]), c2), eps), value=torch.neg(lr / c1))
    return norm

  # A matrix with the same singular vectors, whose singular values are all about 1: five steps of Newton and Schulz. In float32:
  # bfloat16 would be enough, but a processor without it takes fifty times as long.
  def orthogonal(self: __torch__.FocusGraph, g: Tensor) -> Tensor:
    tall = torch.size(g, 0) > torch.size(g, 1)
    x = g
    if tall:
      x = torch.transpose(g, 0, 1)
    x = torch.div(x, torch.add(torch.linalg_vector_norm(x), 1e-7))
    for i in range(5):
      a = torch.matmul(x, torch.transpose(x, 0, 1))
      b = torch.add(torch.mul(a, -4.775), torch.matmul(a, a), alpha=2.0315)
      x = torch.add(torch.mul(x, 3.4445), torch.matmul(b, x))
    if tall:
      x = torch.transpose(x, 0, 1)
    return x

  # A little noise of the size of int8 rounding on states (..., D): one scale a token and head.
  def int8_noise(self: __torch__.FocusGraph, x: Tensor) -> Tensor:
    scale = torch.mul(torch.amax(torch.abs(torch.detach(x)), [-1], True), 0.007874015748031496)
    return torch.add(x, torch.mul(torch.sub(torch.rand_like(x), 0.5), scale))
