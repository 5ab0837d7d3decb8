"""Macros as oletools reads them: the text of each module, and compressed bytes."""

from __future__ import annotations

import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # oletools calls pyparsing by its old names
    from oletools.olevba import VBA_Parser, decompress_stream


def modules_in(project: bytes) -> dict[str, str]:
    """The text of each module of a vbaProject.bin."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = VBA_Parser("vbaProject.bin", data=project).extract_macros()
        return {stream.removeprefix("VBA/"): text for _, stream, _, text in found}


def decompressed(packed: bytes) -> bytes:
    """What a compressed container holds."""
    return bytes(decompress_stream(bytearray(packed)))
