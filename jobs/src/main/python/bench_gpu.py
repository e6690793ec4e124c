"""How fast the packed graph condenses and answers on a CUDA GPU, on random weights of a 7B shape, against what the card can do.
PyTorch only; the calls are those of the Java engine (FocusModel, ChunkBatch, ParallelDecoder, ProposalDecoder).

  python3 bench_gpu.py --device cuda --shape both --seconds 185 --json bench.json
  python3 bench_gpu.py --device cpu --shape tiny --seconds 60         (a trial without a GPU: its figures mean nothing)

What doesn't fit into --seconds, counted from the start of the process, is left out, and said so. The JSON is written after every
section. `engine`: a question's chunks lie side by side in bfloat16, made and batched as the engine does it; `held`: the same
made in one pass, in batches of the best size. `int8 as it is`: the graph is given int8. `int8`: they stay int8, and each step
makes bfloat16 of a batch at a time, in one buffer, or in two of which one is filled while the other is asked.
"""

import time

STARTED = time.time()

import argparse
import gc
import json
import math
import os
import signal
import statistics
import threading
import traceback

import torch

import archive

SHAPES = {
    "gqa": dict(layers=32, width=4096, heads=32, kv=8, ffn=14336, vocab=32000, chunk=512, question=24,
                histories={"128K": 256, "400K": 782}, condense=[8, 16, 32, 64], ask=[16, 32, 64, 128, 256]),
    "mha": dict(layers=32, width=4096, heads=32, kv=32, ffn=11008, vocab=32000, chunk=512, question=24,
                histories={"128K": 256, "400K": 782}, condense=[8, 16, 32, 64], ask=[16, 32, 64, 128]),
    "tiny": dict(layers=4, width=128, heads=4, kv=2, ffn=352, vocab=500, chunk=32, question=12,
                 histories={"128K": 10, "400K": 22}, condense=[2, 4], ask=[2, 4, 8]),
}
ROOM_STEP = 16  # ChunkBatch.ROOM_STEP
ENGINE_BATCH = 64  # ChunkBatch.CHUNKS_ON_GPU
BF16, FLOAT32 = 15, 6  # PyTorch's numbers of types
ABSTAIN = 3
GROUP = 8  # chunks of the history that are allocated together
SPARE = 3 << 30  # bytes left alone where a history is made to fit


class OutOfTime(BaseException):
    """Not an Exception: no section may swallow it."""


class Run:
    """What is known so far: the card's rates, results, rows of the table, time left."""

    def __init__(self, o):
        self.o = o
        self.cuda = o.device == "cuda"
        self.rate = self.bandwidth = float("nan")
        self.rows, self.results, self.skipped = [], {"arguments": vars(o)}, []
        self.said = {}  # logits of the first way to ask, for the others to be compared with
        self.deadline = o.seconds

    def say(self, *text):
        print(f"[{time.time() - STARTED:6.1f}]", *text, flush=True)

    def left(self):
        return self.deadline - (time.time() - STARTED)

    def row(self, shape, what, result, floor="", part=""):
        self.rows.append([shape, what, result, floor, part])
        self.say(" | ".join(["->", shape, what, result, floor, part]))

    def keep(self, shape, name, value):
        self.results.setdefault(shape, {})[name] = value
        self.write()

    def write(self):
        self.results.update(rows=self.rows, skipped=self.skipped, seconds=round(time.time() - STARTED, 1))
        if self.o.json:
            with open(self.o.json, "w") as f:
                json.dump(self.results, f, indent=1)

    def floor(self, bytes_moved, flops):
        """The least seconds that it can take."""
        return max(bytes_moved / self.bandwidth, flops / self.rate)

    def section(self, shape, name, seconds, work):
        """Runs one part; its failure is printed and the others go on. -> what it gives, or None"""
        seconds = seconds if self.cuda else 0.5
        if self.left() < seconds:
            self.skipped.append(f"{shape}: {name}")
            self.say(f"SKIPPED {shape} {name}: needs about {seconds:.0f} s, {self.left():.0f} s are left")
            return None
        self.say(f"{shape}: {name}")
        out = None
        try:
            out = work()
        except Exception as e:
            traceback.print_exc()
            self.results.setdefault(shape, {})[name + " failed"] = f"{type(e).__name__}: {e}"[-1500:]
            self.row(shape, name, "FAILED: " + (str(e).strip().splitlines() or [type(e).__name__])[-1][:90])
        self.tidy()
        self.write()
        return out

    def tidy(self):
        gc.collect()
        if self.cuda:
            torch.cuda.empty_cache()

    def sync(self):
        if self.cuda:
            torch.cuda.synchronize()

    def free(self):
        """Bytes of device memory that can still be had."""
        if not self.cuda:
            return (16 << 20) + SPARE
        return torch.cuda.mem_get_info()[0] + torch.cuda.memory_reserved() - torch.cuda.memory_allocated()

    def time(self, work, times=5, warm=1):
        """-> median seconds, median seconds until the call returned (near the former: it waits for launches)"""
        for _ in range(warm):
            work()
        all_of_it, host = [], []
        for _ in range(times):
            self.sync()
            began = time.perf_counter()
            out = work()
            host.append(time.perf_counter() - began)
            self.sync()
            all_of_it.append(time.perf_counter() - began)
            del out
        return statistics.median(all_of_it), statistics.median(host)

    def unless_full(self, what, work):
        """What work gives; None where memory is short. TorchScript makes a RuntimeError of that."""
        try:
            return work()
        except RuntimeError as e:
            if not any(s in str(e) for s in ("out of memory", "ALLOC_FAILED", "can't allocate memory")):
                raise
            full = str(e).strip().splitlines()[-1][:150]
        self.say(f"  no memory for {what}: {full}")
        self.tidy()
        return None

    def halving(self, what, batch, work):
        """work(batch), with half of it where memory is short. -> what it gives or None, the batch"""
        while batch >= 1:
            out = self.unless_full(f"{what}, {batch} chunks a batch", lambda: work(batch))
            if out is not None:
                return out, batch
            batch //= 2
        return None, 0


class Phases:
    """Where the time goes, without waiting for the device in between."""

    def __init__(self, run):
        self.run, self.marks = run, []
        self.mark("")

    def mark(self, name):
        if self.run.cuda:
            at = torch.cuda.Event(enable_timing=True)
            at.record()
        else:
            at = time.perf_counter()
        self.marks.append((name, at))

    def seconds(self):
        self.run.sync()
        out = {}
        for (_, a), (name, b) in zip(self.marks, self.marks[1:]):
            out[name] = out.get(name, 0) + (a.elapsed_time(b) / 1e3 if self.run.cuda else b - a)
        return {k: round(v, 5) for k, v in out.items()}


def ints(*values):
    return torch.tensor(values, dtype=torch.int64)  # on the CPU: the graph reads them there


class Model:
    """The weights as the engine holds them (fused; embedding and norms float32, matrices in `dtype`), and the graph."""

    def __init__(self, graph, shape, device, dtype, seed=1, weights=None):
        self.graph, self.shape, self.device, self.dtype = graph, shape, device, dtype
        self.type = BF16 if dtype == torch.bfloat16 else FLOAT32
        self.layers, self.heads, self.kv = shape["layers"], shape["heads"], shape["kv"]
        self.size = shape["width"] // shape["heads"]
        self.cfg = ints(self.layers, self.heads, self.kv)
        self.consts = torch.tensor([1e-5], dtype=torch.float64)
        pairs = torch.arange(0, self.size, 2, dtype=torch.float64)
        self.inv = (1 / 10000 ** (pairs / self.size)).float().to(device)
        self.w = self.random(seed) if weights is None else weights

    def random(self, seed):
        s, dev = self.shape, self.device
        width, wide, narrow, ffn = s["width"], self.heads * self.size, self.kv * self.size, s["ffn"]
        g = torch.Generator(dev).manual_seed(seed)

        def matrix(rows, columns):
            m = torch.empty(rows, columns, device=dev, dtype=torch.bfloat16).normal_(0, 0.02, generator=g)
            return m.to(self.dtype)

        def norm():
            return 1 + torch.empty(width, device=dev).normal_(0, 0.02, generator=g)

        out = [matrix(s["vocab"], width).float(), norm(), matrix(s["vocab"], width)]
        none = [torch.ones(1, device=dev)] * 3
        for _ in range(self.layers):  # a layer at a time: fuse() copies
            attention = [(wide, width), (narrow, width), (narrow, width), (width, wide)]
            layer = [norm()] + [matrix(*a) for a in attention] + [norm()]
            layer += [matrix(*a) for a in [(ffn, width), (ffn, width), (width, ffn)] + attention]
            fused = self.graph.fuse(none + layer, ints(1, self.heads, self.kv))
            out += fused[3:11]
        return out + fused[11:]  # the last layer's k and v

    def twin(self, device, dtype):
        """The same weights elsewhere, in another type."""
        w = [t.to(dtype if i > 1 and t.dim() == 2 else torch.float32).to(device) for i, t in enumerate(self.w)]
        return Model(self.graph, self.shape, device, dtype, weights=w)

    def call(self, method, *more):
        return getattr(self.graph, method)(self.w, self.cfg, self.consts, self.inv, *more)

    def tokens(self, *dims, seed=0):
        g = torch.Generator().manual_seed(seed)
        return torch.randint(4, self.shape["vocab"], dims, generator=g).to(self.device)

    # --- what there is to count

    def layer_numbers(self):
        s = self.shape
        qkv = (self.heads + 2 * self.kv) * self.size * s["width"]
        return qkv, self.heads * self.size * s["width"], 3 * s["ffn"] * s["width"]

    def prefill_flops(self, b, t):
        qkv, o, mlp = self.layer_numbers()
        last = 2 * self.kv * self.size * self.shape["width"]
        products = 2 * b * t * ((self.layers - 1) * (qkv + o + mlp) + last)
        return products + (self.layers - 1) * 4 * b * self.heads * self.size * t * (t + 1) // 2

    def continue_flops(self, chunks, n, before, added):
        """n tokens after each of `chunks` of `before` tokens each; added: without the last layer's output, else with logits."""
        qkv, o, mlp = self.layer_numbers()
        products = 2 * chunks * n * ((self.layers - 1) * (qkv + o + mlp) + qkv)
        attention = 4 * chunks * n * (before + n) * self.heads * self.size * (self.layers - 1)
        if not added:
            products += 2 * chunks * (o + mlp + self.shape["vocab"] * self.shape["width"])
        return products + attention

    def decode_flops(self, chunks, n, past):
        qkv, o, mlp = self.layer_numbers()
        products = 2 * n * self.layers * (qkv + o + mlp) + 2 * self.shape["vocab"] * self.shape["width"]
        return products + 4 * n * (chunks + past + n) * self.heads * self.size * self.layers

    def weight_bytes(self, added):
        """Of what a step reads: all but the embedding; the added projections only where candidates are made."""
        total = sum(t.numel() * t.element_size() for t in self.w[1:-1])
        if not added:
            total -= sum(t.numel() * t.element_size() for i, t in enumerate(self.w[3:-1]) if i % 8 > 5)
        return total

    def numbers(self, tokens):
        return 2 * self.layers * self.kv * self.size * tokens

    def int8_bytes(self, tokens):
        return self.numbers(tokens) + 2 * self.numbers(tokens) // self.size

    def states_bytes(self, tokens):
        return self.numbers(tokens) * torch.empty(0, dtype=self.dtype).element_size()


class History:
    """Chunk states as they are stored: of each chunk keys, values (L, G, T, D) int8 and their scales (L, G, T) float16."""

    def __init__(self, m):
        self.m, self.chunks = m, []

    def add(self, count):
        m, t = self.m, self.m.shape["chunk"]
        numbers = (GROUP, m.layers, m.kv, t, m.size)
        while len(self.chunks) < count:
            both = [torch.randint(-127, 128, numbers, device=m.device, dtype=torch.int8) for _ in range(2)]
            scales = [(torch.rand(numbers[:4], device=m.device) * 0.01 + 0.005).half() for _ in range(2)]
            self.chunks += list(zip(*both, *scales))


def gathered(m, xs, tokens, dtype):
    """Chunks' keys, or values, or scales, (L, G, T_i, ...) each, side by side in memory of their own."""
    shape = [xs[0].size(0), len(xs), xs[0].size(1), tokens] + list(xs[0].shape[3:])
    return m.graph.gather(xs, torch.empty(math.prod(shape), device=m.device, dtype=dtype), ints(tokens))


class Batch:
    """ChunkBatch: chunks side by side with room for a prompt."""

    def __init__(self, m, chunks, lengths, room):
        self.m, self.chunks, self.lengths = m, chunks, lengths
        self.prompt, self.room = 0, room
        self.own = self.rooms(m, chunks[0].size(1), room)

    @staticmethod
    def rooms(m, size, columns):
        return [torch.zeros(m.layers, size, m.kv, columns, m.size, device=m.device, dtype=m.dtype) for _ in range(2)]

    @classmethod
    def of(cls, m, states, room, lengths=None):
        """As the engine does: one chunk's states after the other are copied. states: (keys, values) each, (L, G, T_i, D)"""
        own = [s[0].size(2) for s in states]
        t = max(own)
        both = [gathered(m, [s[i] for s in states], t, m.dtype) for i in range(2)]
        return cls(m, both, torch.tensor(lengths or own, device=m.device), room)

    @classmethod
    def empty(cls, m, size, room):
        """The chunks are to be filled."""
        t = m.shape["chunk"]
        both = [torch.empty(m.layers, size, m.kv, t, m.size, device=m.device, dtype=m.dtype) for _ in range(2)]
        return cls(m, both, torch.full((size,), t, device=m.device), room)

    @classmethod
    def random(cls, m, size, room):
        out = cls.empty(m, size, room)
        for x in out.chunks:
            x.normal_()
        return out

    def fill(self, chunks):
        """int8 to numbers where attention reads them, in one pass a tensor."""
        for i, (kq, vq, ks, vs) in enumerate(chunks):
            torch.mul(kq, ks.float().unsqueeze(-1), out=self.chunks[0][:, i])
            torch.mul(vq, vs.float().unsqueeze(-1), out=self.chunks[1][:, i])

    def run(self, method, tokens, joining, *more):
        n = tokens.size(1)
        if self.prompt + n > self.room:
            columns = max(ROOM_STEP, self.prompt + n - self.room)
            self.own = self.m.graph.grow(self.own, ints(columns))
            self.room += columns
        out = self.m.call(method, self.chunks, self.own, self.lengths, ints(self.prompt), tokens, *more)
        self.prompt += joining
        return out


def parts(count, size):
    return [range(i, min(count, i + size)) for i in range(0, count, size)]


def room_of(m):
    return m.shape["question"] + ROOM_STEP


class Held:
    """A question's chunks in bfloat16, in batches; or as they are stored, in int8."""

    def __init__(self, run, history, count, size, fused, int8=False):
        m = history.m
        self.batches = []
        for part in parts(count, size):
            some = [history.chunks[i] for i in part]
            if int8:
                of = [gathered(m, [c[j] for c in some], m.shape["chunk"], t) for j, t in enumerate([torch.int8, torch.int8, torch.half, torch.half])]
                lengths = torch.full((len(some),), m.shape["chunk"], device=m.device)
                batch = Batch(m, of, lengths, room_of(m))
            elif fused:
                batch = Batch.empty(m, len(some), room_of(m))
                batch.fill(some)
            else:
                batch = Batch.of(m, [m.graph.dequantise(list(c), ints(m.type)) for c in some], room_of(m))
            self.batches.append(batch)

    def run(self, method, tokens, joining, *more):
        return [b.run(method, tokens, joining, *more) for b in self.batches]


class Streamed:
    """A question's chunks stay int8; a batch at a time becomes bfloat16. Keys and values of the prompt are kept apart."""

    def __init__(self, run, history, count, size, buffers, columns):
        m = history.m
        self.run_of, self.m, self.history, self.parts = run, m, history, parts(count, size)
        self.columns, self.prompt = columns, 0
        size = min(size, count)
        self.buffers = [Batch.empty(m, size, room_of(m)) for _ in range(buffers)]
        self.kept = [Batch.rooms(m, len(p), columns) for p in self.parts] if columns else []
        self.side = torch.cuda.Stream() if run.cuda and buffers > 1 else None

    def filled(self, i):
        """Fills the buffer of part i, where there are two beside what runs. -> the event that says it is done"""
        buffer = self.buffers[i % len(self.buffers)]
        chunks = [self.history.chunks[c] for c in self.parts[i]]
        if self.side is None:
            buffer.fill(chunks)
            return None
        # what was queued before this, the part that used the buffer last, is over first
        used = torch.cuda.Event()
        used.record()
        with torch.cuda.stream(self.side):
            self.side.wait_event(used)
            buffer.fill(chunks)
            done = torch.cuda.Event()
            done.record()
        return done

    def run(self, method, tokens, joining, *more):
        m = self.m
        out, ready = [], {}
        if self.side is not None:
            ready[0] = self.filled(0)
        for i, part in enumerate(self.parts):
            if self.side is None:
                self.filled(i)
            else:
                if i + 1 < len(self.parts):
                    ready[i + 1] = self.filled(i + 1)
                torch.cuda.current_stream().wait_event(ready.pop(i))
            buffer, b = self.buffers[i % len(self.buffers)], len(part)
            own = self.kept[i] if self.columns else [x[:, :b] for x in buffer.own]
            out.append(m.call(method, [x[:, :b] for x in buffer.chunks], own, buffer.lengths[:b], ints(self.prompt), tokens,
                              *more))
        self.prompt += joining
        return out


class Decoder:
    """ParallelDecoder, incremental: candidates of all chunks, read by the frozen decoder before the local context."""

    def __init__(self, m, sources, question, phases=None):
        self.m, self.sources, self.phases = m, sources, phases
        count = m.shape["question"] + ROOM_STEP
        self.local = [torch.zeros(m.layers, m.kv, count, m.size, device=m.device) for _ in range(2)]
        self.question, self.past, self.last = question, 0, int(question[0, -1])
        self.positions = None

    def step(self, fresh, new):
        m = self.m
        some = self.sources.run("condense", fresh, fresh.size(1) - 1)
        self.candidates = [torch.cat([c[i] for c in some], 1) for i in range(2)]
        if self.phases:
            self.phases.mark("condense")
        chunks = self.candidates[0].size(1)
        if self.positions is None:
            self.positions = torch.arange(chunks, dtype=torch.float32, device=m.device)
        start = torch.tensor([float(chunks)], dtype=torch.float64)
        logits, self.attention = m.call("decode", *self.candidates, self.positions, *self.local, ints(self.past, 1, 1),
                                        start, new)
        if self.phases:
            self.phases.mark("decode")
        self.past += new.size(1)
        return logits.cpu(), self.attention.cpu()  # as the engine: both go to the heap

    def first(self):
        return self.step(self.question, self.question)

    def next(self, token):
        fresh = torch.tensor([[self.last, token]]).to(self.m.device)
        self.last = token
        return self.step(fresh, fresh[:, 1:])


class Proposals:
    """ProposalDecoder without going ahead: each chunk, and a source that holds nothing, says what it would say next."""

    def __init__(self, m, sources, question, phases=None):
        self.m, self.sources, self.question, self.phases = m, sources, question, phases
        one = torch.zeros(m.layers, m.kv, 1, m.size, device=m.device, dtype=m.dtype)
        self.alone = Batch.of(m, [(one, one)], room_of(m), [0])

    def step(self, fresh, every):
        m, n, how = self.m, fresh.size(1), ints(ABSTAIN, every)
        some = self.sources.run("propose", fresh, n, how) + [self.alone.run("propose", fresh, n, how)]
        if self.phases:
            self.phases.mark("propose")
        self.said = some[0][0]
        self.odds = torch.cat([s[1].reshape(-1).cpu() for s in some[:-1]])
        parts = torch.full((len(self.odds),), 1 / len(self.odds), device=m.device)
        rows = torch.arange(len(self.odds), device=m.device)
        mixed, share = m.graph.agree(m.w, [s[0] for s in some], [s[2] for s in some], ints(0, 1, ABSTAIN), rows, parts, torch.tensor([-69.], dtype=torch.float64))
        if self.phases:
            self.phases.mark("agree")
        return mixed.cpu(), share.cpu()

    def first(self):
        return self.step(self.question, 0)

    def next(self, token):
        return self.step(torch.tensor([[token]]).to(self.m.device), 1)


# --- sections ------------------------------------------------------------------------------------------------------


def ceilings(run):
    n, count = (8192, 1 << 30) if run.cuda else (256, 1 << 22)
    a, b = (torch.randn(n, n, device=run.o.device, dtype=torch.bfloat16) for _ in range(2))
    run.rate = 2 * n ** 3 / run.time(lambda: torch.mm(a, b), 10, 3)[0]
    x = torch.randn(count, device=run.o.device, dtype=torch.bfloat16)
    y = torch.empty_like(x)
    run.bandwidth = 2 * x.numel() * 2 / run.time(lambda: y.copy_(x), 10, 3)[0]
    run.row("card", f"bf16 product {n}^3", f"{run.rate / 1e12:.0f} TFLOP/s")
    run.row("card", "device copy, read and written", f"{run.bandwidth / 1e9:.0f} GB/s")
    out = {"flops": run.rate, "bytes": run.bandwidth}
    if run.cuda:
        p = torch.cuda.get_device_properties(0)
        out.update(name=p.name, memory=p.total_memory, torch=torch.__version__)
        run.say(f"{p.name}, {p.total_memory / 2 ** 30:.1f} GiB, {run.free() / 2 ** 30:.1f} GiB free, torch {torch.__version__}")
        # the way to the heap: what condensing writes and a cold question reads
        big = torch.randint(-127, 128, (1 << 28,), device="cuda", dtype=torch.int8)
        host, pinned = torch.empty_like(big, device="cpu").fill_(1), torch.empty(big.shape, dtype=torch.int8, pin_memory=True)
        for name, work in [("to the host, pageable", lambda: host.copy_(big)),
                           ("to the host, pinned", lambda: pinned.copy_(big)),
                           ("to the device, pageable", lambda: big.copy_(host)),
                           ("to the device, pinned", lambda: big.copy_(pinned))]:
            out[name] = big.numel() / run.time(work, 3)[0]
            run.row("card", name, f"{out[name] / 1e9:.1f} GB/s")
    run.keep("card", "rates", out)


def error(a, b):
    a, b = a.double().cpu(), b.double().cpu()
    ok = torch.isfinite(b)
    if not torch.equal(ok, torch.isfinite(a)):
        return float("nan")
    return float((a[ok] - b[ok]).norm() / b[ok].norm())


def answers(m, t, n):
    """All that a question gives, from tokens on: three chunks, one of them shorter, and a further token."""
    lengths = [t, t, t - t // 5]
    keys, values = m.call("prefill", m.tokens(3, t, seed=1))
    out = {"keys": keys[:, :, :, :lengths[2]], "values": values[:, :, :, :lengths[2]]}
    (kq, ks), (vq, vs) = m.graph.quantise(keys), m.graph.quantise(values)
    states = []
    for i, length in enumerate(lengths):
        some = [x[:, i, :, :length].contiguous() for x in (kq, vq, ks, vs)]
        states.append(m.graph.dequantise(some, ints(m.type)))
        taken = m.graph.take([kq, vq, ks, vs], ints(i, length, -1))
        assert all(torch.equal(a, b) for a, b in zip(some, taken)), "take differs"
    question = m.tokens(1, n, seed=2)

    class Sources:
        batches = [Batch.of(m, states[:2], n), Batch.of(m, states[2:], n)]  # so little room that it must grow
        run = Held.run

    decoder = Decoder(m, Sources(), question)
    logits, attention = decoder.first()
    out.update({"candidate keys": decoder.candidates[0], "candidate values": decoder.candidates[1], "logits": logits,
                "attention": attention})
    out["further logits"], _ = decoder.next(7)
    out["further candidate keys"], out["further candidate values"] = decoder.candidates

    class Others:
        batches = [Batch.of(m, states, n)]
        run = Held.run

    proposals = Proposals(m, Others(), question)
    out["said"], _ = proposals.first()
    out["proposals"], out["odds"] = proposals.said, proposals.odds
    out["further said"], _ = proposals.next(7)
    out["further proposals"], out["further odds"] = proposals.said, proposals.odds
    return out


def equal(run, graph, name):
    """The device against the CPU in float32: bfloat16 within 3 %, float32 within 0.1 %."""
    shape = dict(SHAPES[name])
    if name != "tiny":
        shape["layers"] = 2
    t, n = (64, 12) if name != "tiny" else (32, 12)
    shape["question"] = n
    m = Model(graph, shape, run.o.device, torch.bfloat16, seed=5)
    reference = answers(m.twin("cpu", torch.float32), t, n)
    run.say("  reference on the CPU is there")
    found, wrong = {}, []
    for label, twin, bound in [("bf16", m, 0.03), ("float32", None, 1e-3)]:
        twin = twin or m.twin(run.o.device, torch.float32)
        got = answers(twin, t, n)
        found[label] = {k: error(got[k], reference[k]) for k in reference}
        run.say(f"  {label}:", ", ".join(f"{k} {v:.2g}" for k, v in found[label].items()))
        # NaN is wrong, too; attention is a ratio of small numbers, to be read and not judged
        wrong += [f"{label} {k} {v:.3g}" for k, v in found[label].items() if k != "attention" and not v < bound]
        worst = max(v for k, v in found[label].items() if k != "attention")
        same = int(got["logits"].argmax()) == int(reference["logits"].argmax())
        run.row(name, f"{label} against CPU float32, {shape['layers']} layers", f"worst {worst:.2g}, logits "
                f"{found[label]['logits']:.2g}, token {'same' if same else 'other'}", f"< {bound}",
                "ok" if worst < bound else "NOT EQUAL")
        del twin, got
    run.keep(name, "equality", found)
    assert not wrong, "not equal: " + "; ".join(wrong)


def condense(run, m, name):
    """Prefill and rounding to int8, all that the device does."""
    t, found = m.shape["chunk"], {}
    for b in m.shape["condense"]:
        tokens = m.tokens(b, t, seed=b)

        def work():
            phases = Phases(run)
            keys, values = m.call("prefill", tokens)
            phases.mark("prefill")
            for x in (keys, values):
                m.graph.quantise(x)
            phases.mark("quantise")
            return phases

        held = []
        if run.cuda:
            torch.cuda.reset_peak_memory_stats()

        def timed():
            held[:] = [work()]

        seconds = run.unless_full(f"{b} chunks a batch", lambda: run.time(timed, 2))
        run.tidy()
        if seconds is None:
            break
        flops = m.prefill_flops(b, t)
        found[b] = {"seconds": seconds[0], "host": seconds[1], "tokens a second": b * t / seconds[0],
                    "part": flops / seconds[0] / run.rate, "phases": held[0].seconds(),
                    "peak GiB": torch.cuda.max_memory_allocated() / 2 ** 30 if run.cuda else 0}
        run.say(f"  {b} chunks: {found[b]['tokens a second']:.0f} tokens/s, {found[b]['part']:.1%} of the matrix rate, "
                f"launched in {seconds[1] * 1e3:.0f} of {seconds[0] * 1e3:.0f} ms, {found[b]['phases']}, "
                f"peak {found[b]['peak GiB']:.1f} GiB")
    best = max(found, key=lambda b: found[b]["tokens a second"])
    f = found[best]
    run.keep(name, "condense", {"best": best, "batches": found})
    run.row(name, f"condense, {best} chunks of {t} a batch", f"{f['tokens a second']:.0f} tokens/s",
            f"{run.rate / (m.prefill_flops(best, t) / best / t):.0f}", f"{f['part']:.1%}")
    return best


def tune(run, m, name):
    """What a batch of chunks costs, by its size: the question, and a further token."""
    n, found = m.shape["question"], {}
    question, further = m.tokens(1, n), m.tokens(1, 2, seed=1)
    t = m.shape["chunk"]
    for b in m.shape["ask"]:
        # with the copy that a growing batch makes
        if 3 * b * m.states_bytes(t + room_of(m)) > run.free() - SPARE:
            run.say(f"  no memory for {b} chunks a batch")
            break

        def ask_and_step():
            batch = Batch.random(m, b, room_of(m))

            def ask():
                batch.prompt = 0
                batch.run("condense", question, n - 1)

            def step():
                batch.prompt = n - 1
                batch.run("condense", further, 1)

            def grow():
                m.graph.grow(batch.own, ints(ROOM_STEP))

            return run.time(ask, 3), run.time(step, 5), run.time(grow, 1)[0]

        some = run.unless_full(f"{b} chunks a batch", ask_and_step)
        run.tidy()
        if some is None:
            break
        first, step, grow = some
        read = m.weight_bytes(True) + b * m.states_bytes(t)
        floor = run.floor(read, m.continue_flops(b, n, t, True))
        floor_step = run.floor(read, m.continue_flops(b, 2, t + n, True))
        found[b] = {"first": first[0], "first host": first[1], "step": step[0], "step host": step[1], "grow": grow,
                    "first floor": floor, "step floor": floor_step}
        run.say(f"  {b} chunks: question {first[0] * 1e3:.1f} ms (launched in {first[1] * 1e3:.1f}, floor {floor * 1e3:.1f}), "
                f"further {step[0] * 1e3:.2f} ms (launched in {step[1] * 1e3:.2f}, floor {floor_step * 1e3:.2f}), "
                f"a chunk {first[0] / b * 1e3:.3f} and {step[0] / b * 1e3:.4f} ms; grow {grow * 1e3:.1f} ms")

    def cost(b):
        return (found[b]["first"] + 8 * found[b]["step"]) / b

    # the smallest that is nearly best: two buffers of it must fit
    least = min(cost(b) for b in found)
    best = min(b for b in found if cost(b) <= 1.03 * least)
    run.keep(name, "batches", {"best": best, "batches": found})
    for b in sorted({best, ENGINE_BATCH} & set(found)):
        f = found[b]
        run.row(name, f"one batch of {b}{' (best)' if b == best else ''}: question; further token, a chunk",
                f"{f['first'] / b * 1e3:.3f}; {f['step'] / b * 1e3:.4f} ms",
                f"{f['first floor'] / b * 1e3:.3f}; {f['step floor'] / b * 1e3:.4f}",
                f"{f['first floor'] / f['first']:.0%}; {f['step floor'] / f['step']:.0%}")
    return best


def fills(run, m, name, history, size):
    """int8 to bfloat16 beside room for a prompt: chunk after chunk as the engine does, and in one pass."""
    size = min(size, len(history.chunks))
    some = history.chunks[:size]
    moved = size * (m.int8_bytes(m.shape["chunk"]) + m.states_bytes(m.shape["chunk"]))
    batch = Batch.empty(m, size, room_of(m))
    one_pass = run.time(lambda: batch.fill(some), 3)[0]

    def engine():
        return Batch.of(m, [m.graph.dequantise(list(c), ints(m.type)) for c in some], room_of(m))

    made = engine()
    assert all(torch.equal(a, b) for a, b in zip(made.chunks, batch.chunks)), "the two ways differ"
    del made
    both = {"dequantise and gather": run.time(engine, 2)[0], "one pass": one_pass}
    for label, seconds in both.items():
        run.row(name, f"int8 to bf16, {label}, {size} chunks", f"{seconds * 1e3:.1f} ms",
                f"{moved / run.bandwidth * 1e3:.1f}", f"{moved / run.bandwidth / seconds:.0%}")
    run.keep(name, "fills", both)


MODES = {
    "engine": lambda run, h, c, b: Held(run, h, c, b, False),
    "held": lambda run, h, c, b: Held(run, h, c, b, True),
    "int8 as it is": lambda run, h, c, b: Held(run, h, c, b, False, True),
    "int8": lambda run, h, c, b: Streamed(run, h, c, b, 1, room_of(h.m)),
    "int8, two buffers": lambda run, h, c, b: Streamed(run, h, c, b, 2, room_of(h.m)),
}


def needs(m, mode, chunks, batch, steps=True):
    """Bytes beside the int8 history."""
    states = m.states_bytes(m.shape["chunk"] + room_of(m))
    if mode == "int8 as it is":
        return chunks * (m.int8_bytes(m.shape["chunk"]) + m.states_bytes(room_of(m))) + 2 * batch * states // m.layers
    if not mode.startswith("int8"):
        # the engine's chunks of a batch lie apart before they are gathered
        return (chunks + (batch if mode == "engine" else 0)) * states
    prompt = chunks * m.states_bytes(room_of(m)) if steps else 0
    return (2 if "two" in mode else 1) * batch * states + prompt


def ask(run, m, name, label, history, count, batch, mode, readout=Decoder, steps=8):
    """The first token and further ones over `count` chunks."""
    decoding = readout is Decoder
    what = f"{mode}{'' if decoding else ', proposals'}"
    t, n = m.shape["chunk"], m.shape["question"]
    count = min(count, len(history.chunks))
    tokens = count * t
    short = needs(m, mode, count, batch) + SPARE // 2 - run.free()
    if short > 0:
        run.row(name, f"{label}, {what}", f"left out: {short / 2 ** 30:.1f} GiB short")
        return
    question = m.tokens(1, n, seed=9)

    def work(b):
        # kernels are found and loaded
        small = readout(m, MODES[mode](run, history, min(count, b), b), question)
        small.next(int(small.first()[0].argmax()))
        del small
        firsts = []
        for _ in range(2):
            decoder = sources = None
            gc.collect()
            run.sync()
            began = time.perf_counter()
            phases = Phases(run)
            sources = MODES[mode](run, history, count, b)
            phases.mark("fill")
            decoder = readout(m, sources, question, phases)
            logits = decoder.first()[0]
            run.sync()
            firsts.append(time.perf_counter() - began)
        decoder.phases = None
        assert not torch.isnan(logits).any(), "no finite logits"
        spent = []
        token = 7  # whatever was said: the first further token's logits are compared, too
        for i in range(steps + 3):  # two to warm up, the last one to see where it goes
            if i == steps + 2:
                decoder.phases = Phases(run)
            run.sync()
            began = time.perf_counter()
            further = decoder.next(token)[0]
            token = int(further.argmax())
            run.sync()
            if i == 0:
                logits = torch.stack([logits, further])
            if 1 < i < steps + 2:
                spent.append(time.perf_counter() - began)
        difference = error(logits, run.said.setdefault((name, label, decoding), logits))
        return {"first": firsts[1], "difference": difference, "first, cold": firsts[0], "first phases": phases.seconds(),
                "step": statistics.median(spent), "steps": spent, "step phases": decoder.phases.seconds()}

    f, b = run.halving(f"{label} {what}", batch, work)
    if f is None:
        run.row(name, f"{label}, {what}", "no memory")
        return
    weights = m.weight_bytes(decoding)
    stored = count * m.int8_bytes(t)
    read = stored if mode.startswith("int8") else count * m.states_bytes(t)
    first_flops = m.continue_flops(count, n, t, decoding)
    step_flops = m.continue_flops(count, 2 if decoding else 1, t + n, decoding)
    if decoding:
        first_flops += m.decode_flops(count, n, 0)
        step_flops += m.decode_flops(count, 1, n)
    f.update({"batch": b, "chunks": count, "tokens": tokens, "first floor": run.floor(stored + weights, first_flops),
              "step floor": run.floor(read + weights, step_flops), "step bytes": read + weights, "step flops": step_flops,
              "first bytes": stored + weights, "first flops": first_flops,
              "step bytes floor": (read + weights) / run.bandwidth, "step flops floor": step_flops / run.rate})
    run.say(f"  first {f['first phases']} of {f['first']:.4f} s; a step {f['step phases']} of {f['step']:.4f} s "
            f"(floor by bytes {f['step bytes floor']:.4f}, by operations {f['step flops floor']:.4f}); logits "
            f"{f['difference']:.2g} from the first way's")
    if not f["difference"] < 0.1:  # rounding of products of other sizes, through all layers; another history is 1.4 away
        run.row(name, f"{label}, {what}", "WRONG: other logits", f"{f['difference']:.2g}")
    run.keep(name, f"{label} {what}", f)
    run.row(name, f"{label} ({tokens} tokens, {what}, batch {b}): first token", f"{f['first'] * 1e3:.0f} ms",
            f"{f['first floor'] * 1e3:.0f}", f"{f['first floor'] / f['first']:.0%}")
    run.row(name, f"{label} ({what}): further token", f"{f['step'] * 1e3:.1f} ms", f"{f['step floor'] * 1e3:.1f}",
            f"{f['step floor'] / f['step']:.0%}")


def most_chunks(run, m, batch, mode, steps, have):
    """Chunks whose int8 states fit, those that are there counted in."""
    left = run.free() - SPARE + have * m.int8_bytes(m.shape["chunk"])
    one = needs(m, mode, 1, 0, steps) + m.int8_bytes(m.shape["chunk"])
    # keys and values of candidates, in float32: as they come, side by side, and turned
    one += 4 * m.numbers(1) * 4
    return max(0, int((left - needs(m, mode, 0, batch, False)) // one) // GROUP * GROUP)


def largest(run, m, name, history, batch):
    """As many chunks as there is memory for, and one token of an answer over them."""
    batch = min(batch, 16)
    t, n = m.shape["chunk"], m.shape["question"]
    count = most_chunks(run, m, batch, "int8", False, len(history.chunks))
    run.say(f"  {count} chunks, {count * t} tokens, {m.int8_bytes(1)} bytes a token should fit")
    run.unless_full("the whole history", lambda: history.add(count) or True)
    del history.chunks[count:]

    def work(b):
        count = len(history.chunks)
        run.tidy()
        run.sync()
        began = time.perf_counter()
        logits = Decoder(m, Streamed(run, history, count, b, 1, 0), m.tokens(1, n, seed=9)).first()[0]
        run.sync()
        assert not torch.isnan(logits).any(), "no finite logits"
        return time.perf_counter() - began

    for _ in range(4):
        seconds, b = run.halving(f"a history of {len(history.chunks)} chunks", batch, work)
        if seconds is not None:
            break
        del history.chunks[-max(GROUP, len(history.chunks) // 32 // GROUP * GROUP):]
    count = len(history.chunks)
    if seconds is None:
        run.row(name, "largest history at int8", f"{count * t} tokens: no memory to ask")
        return
    stored = count * m.int8_bytes(t)
    floor = run.floor(stored + m.weight_bytes(True), m.continue_flops(count, n, t, True) + m.decode_flops(count, n, 0))
    run.keep(name, "largest", {"tokens": count * t, "bytes": stored, "first": seconds, "floor": floor, "batch": b})
    run.row(name, f"largest history at int8, {stored / 2 ** 30:.1f} GiB: {count * t} tokens, batch {b}, first token",
            f"{seconds * 1e3:.0f} ms", f"{floor * 1e3:.0f}", f"{floor / seconds:.0%}")


def what_if(run, m, name):
    """Single operations of the graph beside others that would do: where a change would pay."""
    found, dev, t, d = {}, m.device, m.shape["chunk"], m.size
    sdpa = torch.nn.functional.scaled_dot_product_attention
    big, some = (16, 64) if run.cuda else (2, 4)
    r, room = m.heads // m.kv, t + room_of(m)
    group = ""

    def try_one(label, work):
        nonlocal group
        if label.startswith("  "):
            label = f"{group}: {label.strip()}"
        else:
            group = label
        try:
            found[label] = run.time(work, 5, 2)[0]
            run.say(f"  {label}: {found[label] * 1e3:.3f} ms")
            return found[label]
        except RuntimeError as e:
            run.say(f"  {label}: {str(e).splitlines()[0][:120]}")
            return float("nan")

    q = torch.randn(big, m.heads, t, d, device=dev)
    k, v = (torch.randn(big, m.kv, t, d, device=dev) for _ in range(2))
    qh, kh, vh = (x.bfloat16() for x in (q, k, v))
    try_one(f"attention a layer of {big} chunks (causal, float32)", lambda: m.graph.causal(q, k, v))
    try_one("  bf16", lambda: m.graph.causal(qh, kh, vh))
    try_one("  bf16, enable_gqa", lambda: sdpa(qh, kh, vh, is_causal=True, enable_gqa=True))
    del q, k, v, qh, kh, vh
    rows = big * t
    x, w = torch.randn(rows, m.shape["width"], device=dev), torch.rand(m.shape["width"], device=dev)
    try_one(f"norm of {rows} rows (normed, float32)", lambda: m.graph.normed(x, w, 1e-5, BF16))
    try_one("  rms_norm and cast", lambda: torch.rms_norm(x, [x.size(1)], w, 1e-5).bfloat16())
    xh, wh = x.bfloat16(), w.bfloat16()
    try_one("  rms_norm of a bf16 residual", lambda: torch.rms_norm(xh, [x.size(1)], wh, 1e-5))
    try_one("  a cast alone", lambda: x.bfloat16())
    try_one("  residual float32 + bf16 product", lambda: torch.add(x, xh))
    del x, xh
    z = torch.randn(big, t, m.heads + m.kv, d, device=dev)
    turn = m.graph.rotary(torch.arange(t, dtype=torch.float32, device=dev), m.inv).unsqueeze(1)
    try_one(f"rotary embedding of {rows} rows (rotate, float32)", lambda: m.graph.rotate(z, turn))
    zh = z.bfloat16()
    cos, sin = (torch.cat([part(turn)] * 2, -1).bfloat16() for part in (torch.real, torch.imag))
    half = d // 2
    try_one("  bf16, cosine and sine",
            lambda: torch.addcmul(zh * cos, torch.cat([-zh[..., half:], zh[..., :half]], -1), sin))
    del z, zh
    x = torch.randn(m.kv * big, t, d, device=dev)
    try_one(f"quantise {big} chunks' keys of a layer", lambda: m.graph.quantise(x))
    try_one("  reading them", lambda: x.abs_())
    del x
    for n in (m.shape["question"], 2, 1):
        q = torch.randn(some * m.kv, r * n, d, device=dev, dtype=torch.bfloat16)
        k, v = (torch.randn(some, m.kv, room, d, device=dev, dtype=torch.bfloat16) for _ in range(2))
        seen = torch.rand(some, 1, n, room, device=dev) < 0.9
        mask = m.graph.wide(seen, m.heads, m.kv, BF16)

        def by_products():
            scores = torch.bmm(q, k.view(some * m.kv, room, d).transpose(1, 2))
            scores = scores.view(some, m.kv, r * n, room).add_(mask)
            return torch.bmm(torch.softmax(scores, -1).view(some * m.kv, r * n, room), v.view(some * m.kv, room, d))

        try_one(f"attention a layer of {n} tokens after {some} chunks (bmm, softmax, bmm)", by_products)
        try_one("  fused", lambda: sdpa(q.view(some, m.kv, r * n, d), k, v, mask, scale=1.))
        least = 2 * k.numel() * 2 / run.bandwidth
        run.say(f"    its keys and values at the copy's bandwidth: {least * 1e3:.3f} ms")
        try_one("  its mask, once a step", lambda: m.graph.wide(seen, m.heads, m.kv, BF16))
        del q, k, v, mask, seen
    gate = m.w[3 + 4]
    for rows in [some * 2, some * 4, some * m.shape["question"], big * t]:
        x = torch.randn(rows, m.shape["width"], device=dev, dtype=torch.bfloat16)
        seconds = try_one(f"gate and up of {rows} rows, one product", lambda: torch.nn.functional.linear(x, gate))
        run.say(f"    {2 * rows * gate.numel() / seconds / run.rate:.0%} of the matrix rate, "
                f"{gate.numel() * 2 / seconds / run.bandwidth:.0%} of the bandwidth")
    run.keep(name, "what if", found)


def profiles(run, m, name, batch):
    """Which kernels take the time."""
    from torch.profiler import ProfilerActivity, profile
    n, t = m.shape["question"], m.shape["chunk"]
    held = Batch.random(m, min(batch, ENGINE_BATCH), room_of(m))
    b = 16 if run.cuda else 2
    tokens, question, further = m.tokens(b, t), m.tokens(1, n), m.tokens(1, 2)

    def condensing():
        for x in m.call("prefill", tokens):
            m.graph.quantise(x)

    def asking():
        held.prompt = 0
        held.run("condense", question, n - 1)

    def stepping():
        held.prompt = n - 1
        held.run("condense", further, 1)

    found = {}
    for label, work in [(f"condense {b} chunks", condensing), ("question", asking), ("further token", stepping)]:
        work()
        run.sync()
        with profile(activities=[ProfilerActivity.CUDA if run.cuda else ProfilerActivity.CPU]) as p:
            work()
            run.sync()

        def own(e):
            return e.self_device_time_total if run.cuda else e.self_cpu_time_total

        events = sorted(p.key_averages(), key=own, reverse=True)
        total = sum(own(e) for e in events)
        if total <= 0:
            run.say(f"  {label}: the profiler saw nothing")
            continue
        calls = sum(e.count for e in events if own(e) > 0)
        run.say(f"  {label}: {total / 1e3:.2f} ms in kernels, {calls} calls")
        found[label] = [[e.key[:160], e.count, own(e) / 1e3] for e in events[:25]]
        for e in events[:12]:
            run.say(f"    {own(e) / total:5.1%} {own(e) / 1e3:9.3f} ms {e.count:5d} x  {e.key[:110]}")
    run.keep(name, "profile", found)


def replay(run, m, name, batch):
    """Launches recorded once and replayed: what is left is the device's own time."""
    if not run.cuda:
        run.say("  only on a GPU")
        return
    n = m.shape["question"]
    for b in sorted({min(batch, ENGINE_BATCH), 16}):
        held = Batch.random(m, b, room_of(m))
        for label, tokens, before in [("question", m.tokens(1, n), 0), ("further token", m.tokens(1, 2), n - 1)]:
            def step():
                held.prompt = before
                return held.run("condense", tokens, 1)

            plain, host = run.time(step, 3)
            side = torch.cuda.Stream()
            side.wait_stream(torch.cuda.current_stream())
            with torch.cuda.stream(side):
                step()
            torch.cuda.current_stream().wait_stream(side)
            recorded = torch.cuda.CUDAGraph()
            with torch.cuda.graph(recorded):
                out = step()
            again = run.time(recorded.replay, 3)[0]
            run.keep(name, f"replay {label} {b}", {"plain": plain, "launched in": host, "replayed": again})
            run.row(name, f"{label}, one batch of {b}: launches replayed instead", f"{again * 1e3:.2f} ms",
                    f"(plain {plain * 1e3:.2f}, launched in {host * 1e3:.2f})", f"{again / plain:.0%}")
            del recorded, out


def sized(run, m, mode, chunks, batch):
    """The largest batch that there is memory for."""
    if mode == "engine":
        batch = min(ENGINE_BATCH, max(m.shape["ask"]))
    while batch > 4 and needs(m, mode, chunks, batch) + SPARE > run.free():
        batch //= 2
    return batch


def measure(run, graph, name):
    """All of one shape; what matters most comes first. -> chunks a batch"""
    run.section(name, "equality", 14, lambda: equal(run, graph, name))
    m = run.section(name, "weights", 5, lambda: Model(graph, SHAPES[name], run.o.device, torch.bfloat16))
    if m is None:
        return 0
    held = sum(w.numel() * w.element_size() for w in m.w)
    run.say(f"  {held / 2 ** 30:.1f} GiB of weights, {run.free() / 2 ** 30:.1f} GiB free")
    run.section(name, "condensing", 10, lambda: condense(run, m, name))
    batch = run.section(name, "batches", 8, lambda: tune(run, m, name)) or min(32, max(m.shape["ask"]))
    history = History(m)
    for label, chunks in m.shape["histories"].items():
        count = min(chunks, most_chunks(run, m, min(batch, 16), "int8", True, len(history.chunks)))
        if count < chunks:
            run.row(name, f"{label} at int8", f"{chunks * m.shape['chunk']} tokens don't fit, {count * m.shape['chunk']} do")
        run.section(name, f"history of {label}", 5, lambda: run.unless_full("the history", lambda: history.add(count) or True))
        have = min(count, len(history.chunks))
        if have == 0:
            continue
        if label == "128K":
            run.section(name, "fills", 2, lambda: fills(run, m, name, history, min(batch, 32)))
        for mode in MODES:
            size = sized(run, m, mode, have, batch)
            run.section(name, f"{label}, {mode}", 5, lambda: ask(run, m, name, label, history, have, size, mode))
    for label, chunks in m.shape["histories"].items():
        have = min(chunks, len(history.chunks))
        mode = "held" if needs(m, "held", have, batch) + SPARE < run.free() else "int8"
        size = sized(run, m, mode, have, batch)
        if have:
            run.section(name, f"{label}, proposals, {mode}", 5,
                        lambda: ask(run, m, name, label, history, have, size, mode, Proposals))
    run.section(name, "largest history", 8, lambda: largest(run, m, name, history, batch))
    return batch


def explain(run, graph, name, batch):
    """Why it takes so long; last, since nothing else needs it."""
    m = run.section(name, "weights once more", 10, lambda: Model(graph, SHAPES[name], run.o.device, torch.bfloat16))
    if m is not None:
        run.section(name, "what if", 4, lambda: what_if(run, m, name))
        run.section(name, "replay", 4, lambda: replay(run, m, name, batch or 32))
        run.section(name, "profile", 8, lambda: profiles(run, m, name, batch or 32))


def table(run):
    print("\n| shape | what | measured | floor or ceiling | part |\n|---|---|---|---|---|")
    for row in run.rows:
        print("| " + " | ".join(row) + " |")
    for s in run.skipped:
        print(f"left out for time: {s}")
    print(flush=True)


def watch(run):
    """The end, also where Python's main thread hangs in a call."""

    def end():
        run.say("the time is over: a call doesn't return; what is there is printed")
        table(run)
        os._exit(3)

    guard = threading.Timer(max(1, run.o.seconds + 6 - (time.time() - STARTED)), end)
    guard.daemon = True
    guard.start()
    return guard


def out_of_time(number, frame):
    raise OutOfTime()


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--device", choices=["cuda", "cpu"], default="cuda")
    p.add_argument("--shape", choices=["gqa", "mha", "both", "tiny"], default="both")
    p.add_argument("--seconds", type=float, default=185, help="from the start of the process; what would not fit is left out")
    p.add_argument("--json")
    p.add_argument("--graph", default=archive.SOURCE, help="the graph's source, to compare a change of it")
    o = p.parse_args()
    run = Run(o)
    torch.manual_seed(1)
    torch.set_float32_matmul_precision("highest")
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    graph = archive.load(o.graph)
    if hasattr(torch._C, "_jit_override_can_fuse_on_gpu"):
        torch._C._jit_override_can_fuse_on_gpu(False)  # no kernels compiled while we measure
    signal.signal(signal.SIGALRM, out_of_time)
    signal.setitimer(signal.ITIMER_REAL, max(1, o.seconds - (time.time() - STARTED)))
    guard = watch(run)
    run.say(f"torch {torch.__version__} on {o.device}, {torch.get_num_threads()} threads")
    try:
        with torch.inference_mode():
            run.section("card", "rates", 5, lambda: ceilings(run))
            names = {"both": ["gqa", "mha"]}.get(o.shape, [o.shape])
            if o.shape != "tiny":
                run.section("tiny", "equality", 2, lambda: equal(run, graph, "tiny"))
            batch = {}
            for name in names:
                # the first of two has half of what is left
                run.deadline = o.seconds if name == names[-1] else o.seconds - run.left() / 2
                batch[name] = measure(run, graph, name)
                run.tidy()
            for name in names:
                explain(run, graph, name, batch[name])
                run.tidy()
    except OutOfTime:
        run.say("the time is over")
        run.results["out of time"] = True
    signal.setitimer(signal.ITIMER_REAL, 0)
    guard.cancel()
    run.write()
    table(run)


if __name__ == "__main__":
    main()
