"""Trains outside Java, on a GPU or a CPU, what `focus train` trains in Java: the same graph, the same batches (read from the Java
generator's pipe), the same optimizers and schedule. PyTorch and NumPy only.

  python3 train.py --config config.json --init DIR --data 'java -cp … io.focusstream.jobs.training.data.BatchMain --kind {kind} …' \
      --stages base:64:0.05:0.03,base:256:0.15:0.07,proposals:10:0.8:0.15 --minutes 8 --out DIR

A stage is KIND:LIMIT:PART:NOT_FOUND: what is learnt (base: rows with questions; proposals: questions behind chunks), the longest
row or most chunks, its part of the time, and the part of its questions that have no answer. Added projections are trained in Java. `{kind}`, `{limit}`, `{length}` (the limit of a base stage, else 256), `{not_found}` and `{seed}` in the data command
are replaced a stage. DIR gets model.safetensors,
mean.safetensors (a running mean of the weights) and, where asked, model-PART.safetensors on the way.
"""

import argparse
import json
import math
import os
import queue
import shlex
import struct
import subprocess
import threading
import time

import numpy as np
import torch

import archive

LAYER = ["input_layernorm"] + [f"self_attn.{p}_proj" for p in "qkvo"] + ["post_attention_layernorm"] + [
    f"mlp.{p}_proj" for p in ("gate", "up", "down")] + [f"self_attn.beacon_{p}_proj" for p in "qkvo"]
BFLOAT16, FLOAT32 = 15, 6  # PyTorch's numbers of types, in the graph
BETA1, BETA2, EPSILON, DECAY, NORM, MOMENTUM = 0.9, 0.95, 1e-8, 0.1, 1.0, 0.95


def names(config):
    """Weight names in the graph's order; the head is None where it is tied."""
    out = ["model.embed_tokens.weight", "model.norm.weight",
           None if config.get("tie_word_embeddings") else "lm_head.weight"]
    for layer in range(config["num_hidden_layers"]):
        out += [f"model.layers.{layer}.{n}.weight" for n in LAYER]
    return out


def load_safetensors(path):
    with open(path, "rb") as f:
        size = struct.unpack("<Q", f.read(8))[0]
        header = json.loads(f.read(size))
        body = f.read()
    out = {}
    for name, e in header.items():
        if name == "__metadata__":
            continue
        a, b = e["data_offsets"]
        raw = np.frombuffer(body[a:b], np.float32 if e["dtype"] == "F32" else np.int16).copy()
        t = torch.from_numpy(raw)
        out[name] = (t if e["dtype"] == "F32" else t.view(torch.bfloat16).float()).view(e["shape"])
    return out


def save_safetensors(path, tensors):
    """In bfloat16."""
    header, at, parts = {"__metadata__": {"format": "pt"}}, 0, []
    for name, t in tensors.items():
        raw = t.detach().to(torch.bfloat16).cpu().contiguous().view(torch.int16).numpy().tobytes()
        header[name] = {"dtype": "BF16", "shape": list(t.shape), "data_offsets": [at, at + len(raw)]}
        at += len(raw)
        parts.append(raw)
    h = json.dumps(header).encode()
    h += b" " * (-len(h) % 8)
    with open(path + ".part", "wb") as f:
        f.write(struct.pack("<Q", len(h)) + h + b"".join(parts))
    os.replace(path + ".part", path)


class Records:
    """Batches from a generator's pipe, read ahead on a thread."""

    def __init__(self, command):
        self.process = subprocess.Popen(shlex.split(command), stdout=subprocess.PIPE, bufsize=1 << 22)
        self.ready = queue.Queue(8)
        self.closed = False
        threading.Thread(target=self.read, daemon=True).start()

    def array(self, dtype, *dims):
        count = int(np.prod(dims))
        data = self.process.stdout.read(count * np.dtype(dtype).itemsize)
        return np.frombuffer(data, dtype).reshape(dims)

    def tensor(self, dtype, *dims):
        signed = {"<u2": np.int32, "u1": np.int16}.get(dtype)
        values = self.array(dtype, *dims)
        t = torch.from_numpy(values.astype(signed) if signed else values.copy())
        return t.pin_memory() if torch.cuda.is_available() else t

    def read(self):
        try:
            while not self.closed:
                kind = self.array("<i4", 1)[0]
                if kind == 1:
                    b, t = self.array("<i4", 2)
                    r = {"tokens": self.tensor("<u2", b, t), "weights": self.tensor("u1", b, t)}
                    count = b * t
                elif kind == 3:
                    g, n, m, moved = self.array("<i4", 4)
                    layout = self.array("<i4", g)
                    r = {"whose": self.tensor("<u2", n), "columns": self.tensor("<i2", n, int(layout[1])),
                         "tokens": self.tensor("<u2", m), "positions": self.tensor("<u2", m), "targets": self.tensor("<u2", m),
                         "weights": self.tensor("u1", m), "layout": torch.from_numpy(layout.astype(np.int64)),
                         "moved": torch.tensor([int(moved)])}
                    count = int((r["tokens"] > 0).sum())
                else:
                    raise ValueError(f"record kind {kind}")
                self.ready.put((int(kind), r, int(count)))
        except Exception as e:  # whatever it is, the other thread must not wait for ever
            if not self.closed:
                print("data ended:", e, flush=True)
            self.ready.put(None)

    def next(self):
        return self.ready.get()

    def close(self):
        self.closed = True
        self.process.kill()
        while not self.ready.empty():
            self.ready.get_nowait()


def on(device, r):
    """A record's tensors there: numbers as int64, weights as fractions; layouts stay on the CPU."""
    out = {}
    for k, v in r.items():
        if k in ("layout", "moved"):
            out[k] = v
        else:
            there = v.to(device, non_blocking=True)
            out[k] = there.float() / 16 if k == "weights" else there.long()
    return out


class Steps:
    """Clipping, then orthogonal steps (Muon, arXiv 2502.16982) for matrices and AdamW for the rest; or AdamW for all. The same as
    `adamw` in the graph; matrices of one shape together, where launches cost more than products."""

    def __init__(self, weights, method):
        self.all = list(weights.values())
        matrices = [t for n, t in weights.items() if t.dim() == 2 and "embed" not in n]
        rest = [t for n, t in weights.items() if t.dim() != 2 or "embed" in n]
        self.groups, groups = [], [{"params": rest, "weight_decay": 0.0}]
        if method == "MUON":
            for s in sorted({tuple(t.shape) for t in matrices}):
                some = [t for t in matrices if tuple(t.shape) == s]
                self.groups.append((some, torch.zeros(len(some), *s, device=some[0].device)))
        else:
            groups.append({"params": matrices, "weight_decay": DECAY})
        self.adamw = torch.optim.AdamW(groups, lr=1.0, betas=(BETA1, BETA2), eps=EPSILON, fused=rest[0].is_cuda)

    def step(self, rate):
        norm = torch.nn.utils.clip_grad_norm_([t for t in self.all if t.grad is not None], NORM)
        for g in self.adamw.param_groups:
            g["lr"] = rate
        self.adamw.step()
        with torch.no_grad():
            for some, first in self.groups:
                grads = torch.stack([t.grad for t in some])
                first.mul_(MOMENTUM).add_(grads, alpha=1 - MOMENTUM)
                x = grads.mul_(1 - MOMENTUM).add_(first, alpha=MOMENTUM)
                tall = x.size(1) > x.size(2)
                x = x.mT if tall else x
                x = (x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)).to(torch.bfloat16 if x.is_cuda else x.dtype)
                for _ in range(5):
                    a = x @ x.mT
                    x = 3.4445 * x + (-4.775 * a + 2.0315 * (a @ a)) @ x
                x = (x.mT if tall else x).float()
                torch._foreach_mul_(some, 1 - rate * DECAY)
                torch._foreach_add_(some, list(x.unbind(0)), alpha=-rate * 0.2 * math.sqrt(max(x.shape[1:])))
        for t in self.all:
            t.grad = None
        return norm


class Learner:
    """Weights that learn, and the passes of the graph over them."""

    def __init__(self, config, loaded, device, precision):
        self.graph = archive.load()
        self.order = names(config)
        self.precision = torch.tensor([BFLOAT16 if precision == "bf16" else FLOAT32])
        self.learning = {n: loaded[n].to(device, copy=True).requires_grad_() for n in self.order if n and "beacon" not in n}
        size = config.get("head_dim") or config["hidden_size"] // config["num_attention_heads"]
        self.shared = (torch.tensor([config["num_hidden_layers"], config["num_attention_heads"], config["num_key_value_heads"]]),
                       torch.tensor([config["rms_norm_eps"]], dtype=torch.float64),
                       (1.0 / config["rope_theta"] ** (torch.arange(0, size, 2).float() / size)).to(device))
        self.abstain = torch.tensor([config.get("focus", {}).get("abstain_token_id", -1)])

    def weights(self):
        """In the graph's order; the head is the embedding where it is tied, added projections are the frozen ones: nobody reads them."""
        return [self.learning[(n or self.order[0]).replace("beacon_", "")] for n in self.order]

    def loss(self, kind, r):
        """-> weighted loss, weight, weighted hits, more numbers to be summed"""
        if kind == 1:
            return self.graph.lm_loss(self.weights(), *self.shared, self.precision, r["tokens"], r["weights"]) + [None]
        return self.graph.proposal_loss(self.weights(), *self.shared, self.precision, r["tokens"], r["positions"], r["layout"],
                                        r["whose"], r["columns"], r["moved"], r["targets"], r["weights"], self.abstain)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for n in ("config", "init", "data", "stages", "out"):
        p.add_argument("--" + n, required=True)
    p.add_argument("--minutes", type=float, required=True)
    p.add_argument("--rate", type=float, default=1e-3, help="the largest learning rate")
    p.add_argument("--warm-up", type=int, default=100)
    p.add_argument("--optimizer", choices=["MUON", "ADAMW"], default="MUON")
    p.add_argument("--mean", type=float, default=0.998, help="of the running mean, a step")
    p.add_argument("--keep", default="", help="parts of the time after which the weights are kept too: 0.6,0.8")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--precision", choices=["bf16", "float32"], default="bf16")
    p.add_argument("--threads", type=int, default=0)
    o = p.parse_args()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    if o.threads:
        torch.set_num_threads(o.threads)
    torch.manual_seed(o.seed)
    torch.backends.cuda.matmul.allow_tf32 = True
    config = json.load(open(o.config))
    os.makedirs(o.out, exist_ok=True)
    log = open(o.out + "/log.txt", "a")

    def say(text):
        print(text, flush=True)
        log.write(text + "\n")
        log.flush()

    stages = [s.split(":") for s in o.stages.split(",")]
    if any(s[0] not in ("base", "proposals") or len(s) != 4 for s in stages):
        p.error("a stage is base:LIMIT:PART:NOT_FOUND or proposals:LIMIT:PART:NOT_FOUND; got " + o.stages)
    learner = Learner(config, load_safetensors(o.init + "/model.safetensors"), device, o.precision)
    steps = Steps(learner.learning, o.optimizer)
    mean = {n: t.detach().clone() for n, t in learner.learning.items()}
    parts = [float(s[2]) for s in stages]
    total = o.minutes * 60
    ends = np.cumsum(parts) / sum(parts) * total
    keep = [float(k) for k in o.keep.split(",") if k]
    say(f"{sum(t.numel() for t in learner.learning.values()) / 1e6:.1f}M weights learn on {device}")

    def open_stage(i):
        kind, limit, _, not_found = stages[i]
        command = o.data
        length = limit if kind == "base" else "256"
        for name, value in (("kind", kind), ("limit", limit), ("length", length), ("not_found", not_found), ("seed", str(o.seed * 1000 + i))):
            command = command.replace("{" + name + "}", value)
        return Records(command)

    def save(name, weights):
        save_safetensors(f"{o.out}/{name}.safetensors", weights)

    stage, step, tokens, waited = 0, 0, 0, 0.0
    data = open_stage(0)
    ahead = open_stage(1) if len(stages) > 1 else None
    pending = data.next()
    began = last_line = time.time()
    sums = {}
    while True:
        now = time.time()
        part = (now - began) / total
        if part >= 1:
            break
        if now - began >= ends[stage] and ahead is not None:
            data.close()
            data, stage = ahead, stage + 1
            ahead = open_stage(stage + 1) if stage + 1 < len(stages) else None
            say(f"stage {stage}: {':'.join(stages[stage])}")
            pending = None
        kind, r, count = pending or data.next() or (0, None, 0)
        pending = None
        waited += time.time() - now
        if r is None:
            raise SystemExit("the generator ended")
        # as TrainingPlan: decay to a tenth over the whole time, then straight to zero in the last tenth
        rate = o.rate * min(1, (step + 1) / o.warm_up) * (0.1 + 0.45 * (1 + math.cos(math.pi * part))) * min(1, (1 - part) * 10)
        out = learner.loss(kind, on(device, r))
        (out[0] / out[1].clamp(min=1e-6)).backward()
        norm = steps.step(rate)
        step += 1
        tokens += count
        with torch.no_grad():
            # over the first steps the plain mean of all
            torch._foreach_lerp_(list(mean.values()), [t.detach() for t in learner.learning.values()], max(1 - o.mean, 1 / step))
            sums.setdefault(kind, []).append(torch.cat([torch.stack([x.detach().float() for x in out[:3]]),
                                                        out[3].float() if out[3] is not None else out[0].new_zeros(0)]))
        if keep and part >= keep[0]:
            save(f"model-{keep[0]}", learner.learning)
            keep.pop(0)
        if now - last_line > 10:
            text = ""
            for k in sorted(sums):
                x = torch.stack(sums[k]).sum(0).tolist()
                text += f" | {'proposals' if k == 3 else 'rows'}: loss {x[0] / max(x[1], 1e-6):.3f} right {x[2] / max(x[1], 1e-6):.3f}"
                if k == 3:
                    text += f" said {x[3] / max(x[4], 1):.3f} abstained {x[5] / max(x[6], 1):.3f}"
            say(f"step {step} {now - began:.0f} s rate {rate:.1e} norm {norm.item():.2f} {tokens / (now - last_line) / 1e3:.0f}K tokens/s"
                f" waited {waited / (now - last_line):.2f}{text}")
            if not all(math.isfinite(v) for k in sums for v in torch.stack(sums[k]).sum(0).tolist()):
                raise SystemExit("the loss is not finite; begin again with a smaller --rate")
            sums, tokens, last_line, waited = {}, 0, now, 0.0
    data.close()
    if ahead is not None:
        ahead.close()
    save("model", learner.learning)
    save("mean", mean)
    say(f"done: {step} steps, {time.time() - began:.0f} s")


if __name__ == "__main__":
    main()
