"""A sentence encoder: words become a vector, and words that mean the same, similar vectors.

Any encoder in ONNX with a `tokenizer.json` will do. It is read from the folder POINTS_MODEL, only
if its files have the hash POINTS_MODEL_HASH, and only in a worker: it takes some 100 MB of
memory and 30 ms of a core for a text.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

MODEL, TOKENIZER = "model.onnx", "tokenizer.json"
# Of a longer text, only the beginning is read.
MOST_TOKENS = 256
NOT_INSTALLED = "POINTS_MODEL is set, but the extra newsroom[points] is not installed."


class EncoderUnusable(Exception):
    """The encoder cannot be used; the message says why, to whoever runs the newsroom."""


class Encoder:
    """An encoder that was checked and loaded. Raises EncoderUnusable if it cannot be."""

    def __init__(self, folder: Path, *, sha256: str) -> None:
        found = hash_of_files(folder)
        if found != sha256:
            raise EncoderUnusable(
                f"the files in {folder} have the hash {found}, not POINTS_MODEL_HASH."
                " They are not used."
            )
        try:
            import numpy as np
            import onnxruntime
            import tokenizers
        except ImportError:
            raise EncoderUnusable(NOT_INSTALLED) from None
        self._numpy: Any = np
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            str(folder / MODEL), options, providers=["CPUExecutionProvider"]
        )
        self._inputs = [each.name for each in self._session.get_inputs()]
        self._tokenizer = tokenizers.Tokenizer.from_file(str(folder / TOKENIZER))
        self._tokenizer.enable_truncation(MOST_TOKENS)
        self._tokenizer.no_padding()

    def encode(self, texts: Sequence[str]) -> list[bytes]:
        """Return a vector of length 1 for each text, in little-endian 32-bit floats."""
        return [self._encode(text) for text in texts]

    def _encode(self, text: str) -> bytes:
        np = self._numpy
        tokens = self._tokenizer.encode(text)
        mask = np.array([tokens.attention_mask], dtype=np.int64)
        ids = np.array([tokens.ids], dtype=np.int64)
        known = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        [output, *_] = self._session.run(None, {name: known[name] for name in self._inputs})
        if output.ndim == 3:  # a vector for each token: their mean
            output = (output * mask[..., None]).sum(axis=1) / max(mask.sum(), 1)
        vector = output[0] / max(float(np.linalg.norm(output[0])), 1e-9)
        return bytes(vector.astype("<f4").tobytes())


def hash_of_files(folder: Path) -> str:
    """Return the SHA-256 of the encoder's files, one after the other, in hexadecimal digits.

    Raises EncoderUnusable if one is missing.
    """
    total = hashlib.sha256()
    try:
        for name in (MODEL, TOKENIZER):
            with (folder / name).open("rb") as file:
                while part := file.read(1 << 20):
                    total.update(part)
    except OSError as error:
        raise EncoderUnusable(f"POINTS_MODEL: {error}.") from None
    return total.hexdigest()
