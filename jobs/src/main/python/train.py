"""Trains outside Java, on a GPU or a CPU, what `focus train` trains in Java: the same graph (the packed archive), the same batches
(read from the Java generator's pipe), the same optimizer. PyTorch only.

  python3 train.py base  --graph focus.pt --config config.json --data 'java -cp … BatchStream --kind base …' \
      --stages 64:.03,128:.05,… --minutes 8 --out DIR
  python3 train.py added --graph focus.pt --config config.json --init DIR --data '…' --stages 4:.05,16:.1,… --minutes 8 --out DIR

A stage is LIMIT:FRACTION of the time; `{limit}` and `{seed}` in the data command are replaced a stage.
"""

import argparse
import json
import math
import os
import queue
import shlex
import struct
import subprocess
import sys
import threading
import time

import numpy as np
import torch

LAYER = ["input_layernorm"] + [f"self_attn.{p}_proj" for p in "qkvo"] + ["post_attention_layernorm"] + [
    f"mlp.{p}_proj" for p in ("gate", "up", "down")] + [f"self_attn.beacon_{p}_proj" for p in "qkvo"]


def names(config):
    """Weight names in the graph's order; the head is None where it is tied."""
    out = ["model.embed_tokens.weight", "model.norm.weight",
           None if config.get("tie_word_embeddings") else "lm_head.weight"]
    for layer in range(config["num_hidden_layers"]):
        out += [f"model.layers.{layer}.{n}.weight" for n in LAYER]
    return out


def shape(config, name):
    hidden, ffn = config["hidden_size"], config["intermediate_size"]
    size = config.get("head_dim") or hidden // config["num_attention_heads"]
    wide, narrow = config["num_attention_heads"] * size, config["num_key_value_heads"] * size
    if "norm" in name:
        return (hidden,)
    for key, value in {"embed_tokens": (config["vocab_size"], hidden), "lm_head": (config["vocab_size"], hidden),
                       "q_proj": (wide, hidden), "k_proj": (narrow, hidden), "v_proj": (narrow, hidden),
                       "o_proj": (hidden, wide), "gate_proj": (ffn, hidden), "up_proj": (ffn, hidden),
                       "down_proj": (hidden, ffn)}.items():
        if key in name:
            return value
    raise ValueError(name)


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


def save_safetensors(path, tensors, bf16):
    header, at, parts = {"__metadata__": {"format": "pt"}}, 0, []
    for name, t in tensors.items():
        t = t.detach().cpu().contiguous()
        raw = (t.to(torch.bfloat16).view(torch.int16) if bf16 else t.float()).numpy().tobytes()
        header[name] = {"dtype": "BF16" if bf16 else "F32", "shape": list(t.shape), "data_offsets": [at, at + len(raw)]}
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

    def tokens(self, *dims):
        return torch.from_numpy(self.array("<u2", *dims).astype(np.int64))

    def weights(self, *dims):
        return torch.from_numpy(self.array("u1", *dims).astype(np.float32) / 16)

    def read(self):
        try:
            while not self.closed:
                kind = self.array("<i4", 1)[0]
                if kind == 1:
                    b, t = self.array("<i4", 2)
                    r = {"tokens": self.tokens(b, t), "weights": self.weights(b, t)}
                elif kind == 2:
                    c, tc, q, sp, sl, a = self.array("<i4", 6)
                    r = {"chunks": self.tokens(c, tc), "lengths": self.tokens(c), "prompt": self.tokens(q, sp),
                         "prompt_last": self.tokens(q), "local": self.tokens(q, sl), "local_last": self.tokens(q),
                         "answer": self.tokens(q), "target": self.tokens(q, a), "weight": self.weights(q, a),
                         "evidence": torch.from_numpy(self.array("<i2", q).astype(np.int64)), "distance": self.tokens(c)}
                else:
                    raise ValueError(f"record kind {kind}")
                self.ready.put(r)
        except ValueError as e:
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


def int8_noise(x):
    """A little noise of the size of int8 rounding: one scale a token and head."""
    scale = x.abs().amax(-1, keepdim=True).float() / 127
    return (x.float() + (torch.rand_like(x, dtype=torch.float32) - 0.5) * scale).to(x.dtype)


def candidate_positions(config, distance):
    count, device = len(distance), distance.device
    focus = config["focus"]
    kind, span = focus.get("candidate_positions", "sequential"), float(focus.get("candidate_span", 32))
    one = torch.arange(1, count + 1, device=device, dtype=torch.float32)
    if kind == "spread":
        return one * (span / count), span + 1
    if kind == "recency":
        return (span - 2 * torch.log2(1 + distance.float())).clamp(min=0), span + 1
    if kind == "shared":
        return one * 0, span
    return one - 1, float(count)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("phase", choices=["base", "added"])
    for n in ("graph", "config", "data", "stages", "out"):
        p.add_argument("--" + n, required=True)
    p.add_argument("--init")
    p.add_argument("--minutes", type=float, required=True)
    p.add_argument("--lr", type=float, default=2e-3)
    p.add_argument("--warmup", type=int, default=150)
    p.add_argument("--decay", type=float, default=0.1)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--every", type=int, default=50)
    p.add_argument("--resume", action="store_true")
    p.add_argument("--precision", choices=["bf16", "float32"], default="bf16")
    o = p.parse_args()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    dtype = torch.bfloat16 if o.precision == "bf16" else torch.float32

    def product(name, t):  # the type of a weight: on a CPU the embedding, norms and the residual stream stay float32
        return t if device == "cpu" and (t.dim() == 1 or "embed" in name) else t.to(dtype)

    torch.manual_seed(o.seed)
    torch._C._jit_set_profiling_executor(False)
    torch._C._jit_set_texpr_fuser_enabled(False)
    torch.backends.cuda.matmul.allow_tf32 = True
    graph = torch.jit.load(o.graph, map_location="cpu")
    config = json.load(open(o.config))
    os.makedirs(o.out, exist_ok=True)
    log = open(o.out + f"/{o.phase}.log", "a")

    def say(text):
        print(text, flush=True)
        log.write(text + "\n")
        log.flush()

    order = names(config)
    layers = config["num_hidden_layers"]
    master = {}
    loaded = load_safetensors(o.init + "/model.safetensors") if o.init else {}
    for n in order:
        if n is None:
            continue
        if n in loaded:
            t = loaded[n]
        elif "beacon" in n:
            t = loaded.get(n.replace("beacon_", ""), torch.zeros(shape(config, n))).clone()
        elif "norm" in n:
            t = torch.ones(shape(config, n))
        else:
            std = 0.02 / (math.sqrt(2 * layers) if "o_proj" in n or "down_proj" in n else 1)
            t = torch.randn(shape(config, n)) * std
        master[n] = t.to(device)
    trained = [n for n in master if ("beacon" in n) == (o.phase == "added")]
    for n in trained:
        master[n].requires_grad_()
    decays = [master[n] for n in trained if master[n].dim() == 2 and "embed" not in n]
    plain = [master[n] for n in trained if not (master[n].dim() == 2 and "embed" not in n)]
    opt = torch.optim.AdamW([{"params": decays, "weight_decay": o.decay}, {"params": plain, "weight_decay": 0.0}],
                            lr=o.lr, betas=(0.9, 0.95), fused=device == "cuda")
    start_step, spent = 0, 0.0
    state_path = o.out + f"/{o.phase}.state.pt"
    if o.resume and os.path.exists(state_path):
        s = torch.load(state_path, map_location=device)
        with torch.no_grad():
            for n in trained:
                master[n].copy_(s["master"][n])
        opt.load_state_dict(s["opt"])
        start_step, spent = s["step"], s["spent"]
        say(f"resumed at step {start_step}, {spent:.0f} s")
    frozen = {n: product(n, t) for n, t in master.items() if n not in trained}

    heads = config["num_attention_heads"]
    size = config.get("head_dim") or config["hidden_size"] // heads
    cfg = torch.tensor([layers, heads, config["num_key_value_heads"]])
    consts = torch.tensor([config["rms_norm_eps"]], dtype=torch.float64)
    inv = (1.0 / config["rope_theta"] ** (torch.arange(0, size, 2).float() / size)).to(device)

    stages = [(s.split(":")[0], float(s.split(":")[1])) for s in o.stages.split(",")]
    total = o.minutes * 60
    ends = np.cumsum([f for _, f in stages]) / sum(f for _, f in stages) * total

    def open_stage(i):
        return Records(o.data.replace("{limit}", stages[i][0]).replace("{seed}", str(o.seed * 1000 + i + start_step)))

    def save():
        tensors = {n: t for n, t in master.items() if o.phase == "added" or "beacon" not in n}
        save_safetensors(o.out + "/model.safetensors", tensors, False)
        torch.save({"master": {n: master[n] for n in trained}, "opt": opt.state_dict(), "step": step,
                    "spent": spent + time.time() - began}, state_path)

    stage = int(np.searchsorted(ends, spent, side="right"))
    stage = min(stage, len(stages) - 1)
    data = open_stage(stage)
    ahead = open_stage(stage + 1) if stage + 1 < len(stages) else None
    step, tokens = start_step, 0
    sums = {}
    first = data.next()
    began = last_time = last_save = time.time()
    waited = 0.0
    pending = first
    while True:
        elapsed = spent + time.time() - began
        if elapsed >= total:
            break
        if elapsed >= ends[stage] and ahead is not None:
            data.close()
            data, stage = ahead, stage + 1
            ahead = open_stage(stage + 1) if stage + 1 < len(stages) else None
            say(f"stage {stage}: limit {stages[stage][0]}")
            pending = None
        t0 = time.time()
        r = pending if pending is not None else data.next()
        pending = None
        waited += time.time() - t0
        if r is None:
            raise SystemExit("the generator ended")
        r = {k: v.to(device, non_blocking=True) for k, v in r.items()}
        # decay to a tenth over the whole time, then straight to zero in the last tenth
        f = elapsed / total
        lr = o.lr * min(1, (step + 1) / o.warmup) * (0.1 + 0.9 * 0.5 * (1 + math.cos(math.pi * f))) * min(1, (1 - f) * 10)
        for g in opt.param_groups:
            g["lr"] = lr
        if o.phase == "base":
            w = [master[n or order[0]] for n in order]
            out = graph.lm_loss(w, cfg, consts, inv, torch.tensor([15 if o.precision == "bf16" else 6]), r["tokens"],
                                r["weights"])
            tokens += r["tokens"].numel()
            key = str(r["tokens"].size(1))
        else:
            w = [frozen[n] if n in frozen else product(n, master[n]) for n in order if n is not None]
            if order[2] is None:
                w.insert(2, w[0].to(dtype))
            with torch.no_grad():
                k, v = graph.prefill(w, cfg, consts, inv, r["chunks"])
                k, v = int8_noise(k), int8_noise(v)
            c, a = r["chunks"].size(0), r["target"].size(1)
            ck, cv = graph.train_candidates(w, cfg, consts, inv, k, v, r["lengths"], r["prompt"], r["prompt_last"],
                                            torch.tensor([a]))
            pos, start = candidate_positions(config, r["distance"])
            out = graph.train_local(w, cfg, consts, inv, ck, cv, pos, torch.tensor([start], dtype=torch.float64),
                                    r["local"], r["local_last"], r["target"], r["weight"])
            tokens += r["chunks"].numel() + c * r["prompt"].numel()
            key = f"{1 << (c - 1).bit_length()}"
        loss = out[0] / out[1].clamp(min=1e-6)
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(decays + plain, 1.0)
        opt.step()
        opt.zero_grad(set_to_none=True)
        step += 1
        with torch.no_grad():
            s = sums.setdefault(key, [])
            row = [out[0].detach(), out[1], out[2]]
            if o.phase == "added":
                special = r["weight"].sum(1) > 0
                tail, none = r["evidence"] < 0, r["target"][:, 0]
                row += [(out[3] * special * ~tail).sum(), (special * ~tail).sum(), (out[3] * special * tail).sum(),
                        (special * tail).sum()]
            s.append(torch.stack([x.float() for x in row]))
        if step % o.every == 0:
            now = time.time()
            parts = []
            for key in sorted(sums, key=int):
                x = torch.stack(sums[key]).sum(0).tolist()
                text = f"{key}: loss {x[0] / max(x[1], 1e-6):.3f} right {x[2] / max(x[1], 1e-6):.3f}"
                if o.phase == "added":
                    text += f" exact {x[3] / max(x[4], 1):.2f} (tail/none {x[5] / max(x[6], 1):.2f})"
                parts.append(text)
            say(f"{step} {now - began + spent:.0f}s lr {lr:.1e} norm {norm.item():.2f} {tokens / (now - last_time) / 1e3:.0f}K tok/s "
                f"wait {waited / (now - last_time):.2f} | " + " | ".join(parts))
            sums, tokens, last_time, waited = {}, 0, now, 0.0
            if not math.isfinite(loss.item()):
                raise SystemExit("the loss is not finite")
        if time.time() - last_save > 120:
            save()
            last_save = time.time()
    save()
    data.close()
    if ahead is not None:
        ahead.close()
    say(f"done: {step} steps, {spent + time.time() - began:.0f} s")


if __name__ == "__main__":
    main()
