"""The packed graph, loaded in Python: the same source that `GraphArchive` packs in Java."""

import io
import os
import re
import zipfile

import torch

SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                      "../../../../operators/src/main/resources/io/focusstream/operators/model/focus_graph.py")
# PROTO 2, GLOBAL __torch__.FocusGraph, EMPTY_TUPLE, NEWOBJ, {'training': False}, BUILD, STOP
MODULE = b"\x80\x02c__torch__\nFocusGraph\nq\x00)\x81q\x01}q\x02X\x08\x00\x00\x00trainingq\x03\x89sb."


def load(source=SOURCE):
    """The graph's methods, from its source file."""
    packed = io.BytesIO()
    with open(source, encoding="utf-8") as f:
        code = f.read()
    if not hasattr(torch.ops.mkldnn, "_linear_pointwise"):  # as GraphArchive does
        code = re.sub(r"= ops\.mkldnn\..*# without oneDNN: (.*)", r"= \1", code)
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as z:
        for name, data in [("data.pkl", MODULE), ("code/__torch__.py", code), ("constants.pkl", b"\x80\x02)."),
                           ("version", b"3\n")]:
            z.writestr("focus/" + name, data)
    packed.seek(0)
    torch._C._jit_set_profiling_executor(False)
    torch._C._jit_set_texpr_fuser_enabled(False)
    return torch.jit.load(packed, map_location="cpu")
