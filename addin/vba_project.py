"""`vbaProject.bin`, written from source text: [MS-OVBA].

It holds no compiled code: the version in `_VBA_PROJECT` says that Office must compile the text when it opens
the file. So what a virus scanner or a reader of the macros sees is all there is.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import NamedTuple

from addin.compound import compound_file
from addin.compression import compress

_CODE_PAGE = 1252
_DOCUMENTS = {"workbook": "00020819", "sheet": "00020820"}
_OFFICE = (
    r"*\G{2DF8D04C-5BFA-101B-BDE5-00AA0044DE52}#2.0#0#"
    r"C:\Program Files\Common Files\Microsoft Shared\OFFICE16\MSO.DLL#Microsoft Office 16.0 Object Library"
)
"""The library that has IRibbonControl; Office finds it by the id, wherever it is installed."""


class Module(NamedTuple):
    """A module and its text; `of` says that it belongs to a "workbook" or a "sheet", "" to neither."""

    name: str
    text: str = ""
    of: str = ""

    def source(self) -> bytes:
        """The text as the project holds it, with the attributes that Office writes above it."""
        lines = [f'Attribute VB_Name = "{self.name}"']
        if self.of:
            lines.append(f'Attribute VB_Base = "0{{{_DOCUMENTS[self.of]}-0000-0000-C000-000000000046}}"')
            flags = {"GlobalNameSpace": False, "Creatable": False, "PredeclaredId": True}
            flags |= {"Exposed": True, "TemplateDerived": False, "Customizable": True}
            lines += [f"Attribute VB_{flag} = {value}" for flag, value in flags.items()]
        return "\r\n".join([*lines, *self.text.splitlines(), ""]).encode("cp1252")


def vba_project(name: str, modules: Sequence[Module]) -> bytes:
    """The bytes of a project of that name; the same modules give the same bytes."""
    streams = {module.name: compress(module.source()) for module in modules}
    return compound_file(
        {
            "PROJECT": _project(name, modules),
            "PROJECTwm": b"".join(_both_ways(module.name) for module in modules) + b"\0\0",
            "VBA": {
                "_VBA_PROJECT": bytes.fromhex("CC61FFFF000000"),  # version FFFF: compile it anew
                "dir": compress(_directory(name, modules)),
                **streams,
            },
        }
    )


def _both_ways(name: str) -> bytes:
    return name.encode("cp1252") + b"\0" + name.encode("utf-16-le") + b"\0\0"


# --- the stream PROJECT: lines of text -----------------------------------------------------------------

_ID = "{6F6B7273-796E-4361-8464-2D696E000001}"


def _project(name: str, modules: Sequence[Module]) -> bytes:
    lines = [f'ID="{_ID}"']
    lines += [f"Document={m.name}/&H00000000" if m.of else f"Module={m.name}" for m in modules]
    lines += [
        f'Name="{name}"',
        'HelpContextID="0"',
        'VersionCompatible32="393222000"',
        f'CMG="{obscured(bytes(4), _ID)}"',  # not protected
        f'DPB="{obscured(bytes(1), _ID)}"',  # no password
        f'GC="{obscured(bytes([255]), _ID)}"',  # visible
        "",
        "[Host Extender Info]",
        "&H00000001={3832D640-CF90-11CF-8E43-00A0C911005A};VBE;&H00000000",
        "",
        "[Workspace]",
        *(f"{module.name}=0, 0, 0, 0, C" for module in modules),
    ]
    return ("\r\n".join(lines) + "\r\n").encode("cp1252")


def obscured(data: bytes, project_id: str, seed: int = 0x5D, filler: bytes = b"okr") -> str:
    """The data in the project's own cipher, in hexadecimal: [MS-OVBA] 2.4.3.2."""
    key = sum(project_id.encode("ascii")) & 0xFF
    out = [seed, seed ^ 2, seed ^ key]
    before, last, plain = out[1], out[2], key
    for byte in (*filler[: (seed & 6) // 2], *len(data).to_bytes(4, "little"), *data):
        hidden = byte ^ (before + plain & 0xFF)
        before, last, plain = last, hidden, byte
        out.append(hidden)
    return bytes(out).hex().upper()


# --- the stream dir: records, each an id, a length and bytes ---------------------------------------------


def _record(number: int, data: bytes = b"") -> bytes:
    return struct.pack("<HI", number, len(data)) + data


def _long(number: int, value: int) -> bytes:
    return _record(number, value.to_bytes(4, "little"))


def _short(number: int, value: int) -> bytes:
    return _record(number, value.to_bytes(2, "little"))


def _text(number: int, wide_number: int, text: str) -> bytes:
    return _record(number, text.encode("cp1252")) + _record(wide_number, text.encode("utf-16-le"))


def _directory(name: str, modules: Sequence[Module]) -> bytes:
    library = _OFFICE.encode("cp1252")
    return b"".join(
        (
            *(_long(0x01, 1), _long(0x02, 0x409), _long(0x14, 0x409), _short(0x03, _CODE_PAGE)),
            _record(0x04, name.encode("cp1252")),
            *(_text(0x05, 0x40, ""), _text(0x06, 0x3D, ""), _long(0x07, 0), _long(0x08, 0)),
            struct.pack(
                "<HIIH", 0x09, 4, 1, 1
            ),  # the project's version; its length does not count the last two
            _text(0x0C, 0x3C, ""),
            _text(0x16, 0x3E, "Office"),
            _record(0x0D, struct.pack("<I", len(library)) + library + bytes(6)),
            *(_short(0x0F, len(modules)), _short(0x13, 0xFFFF)),
            *(_module(module) for module in modules),
            _record(0x10),
        )
    )


def _module(module: Module) -> bytes:
    return b"".join(
        (
            *(_text(0x19, 0x47, module.name), _text(0x1A, 0x32, module.name), _text(0x1C, 0x48, "")),
            *(_long(0x31, 0), _long(0x1E, 0), _short(0x2C, 0xFFFF)),  # the text begins at 0
            *(_record(0x22 if module.of else 0x21), _record(0x2B)),
        )
    )
