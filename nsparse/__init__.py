"""Read what `netstat` and `ss` print into one typed DataFrame, and say what is wrong.

>>> import nsparse
>>> nsparse.__version__
'0.1.0'
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nsparse.batch.readback import Batch, read_batch
    from nsparse.bundles.bundle import Bundle, open_bundle
    from nsparse.errors import BundleError, DumpError, NotASocketTable, NsparseError
    from nsparse.judging.judge import judge as diagnose
    from nsparse.judging.report import Report
    from nsparse.reading.chunks import read_chunks
    from nsparse.reading.dump import Dump, Problem
    from nsparse.reading.pipeline import parse, read
    from nsparse.schema import COLUMNS

__version__ = "0.1.0"

# In a checkout, parsers/ and analysis/ lie beside this folder; the build puts them into it. Without
# this, Python started in the checkout finds this folder first and its two subpackages nowhere.
if not (Path(__file__).parent / "parsers").is_dir():
    __path__.append(str(Path(__file__).parent.parent))

__all__ = [
    "COLUMNS",
    "Batch",
    "Bundle",
    "BundleError",
    "Dump",
    "DumpError",
    "NotASocketTable",
    "NsparseError",
    "Problem",
    "Report",
    "diagnose",
    "open_bundle",
    "parse",
    "read",
    "read_batch",
    "read_chunks",
]

# Where each name of the door lives: `import nsparse` loads neither pandas nor lark.
_HOME = {
    "COLUMNS": "schema",
    "Batch": "batch.readback",
    "Bundle": "bundles.bundle",
    "BundleError": "errors",
    "Dump": "reading.dump",
    "DumpError": "errors",
    "NotASocketTable": "errors",
    "NsparseError": "errors",
    "Problem": "reading.dump",
    "Report": "judging.report",
    "diagnose": "judging.judge",
    "open_bundle": "bundles.bundle",
    "parse": "reading.pipeline",
    "read": "reading.pipeline",
    "read_chunks": "reading.chunks",
    "read_batch": "batch.readback",
}


def __getattr__(name: str) -> Any:
    """Load a public name when it is first asked for (PEP 562)."""
    if name not in _HOME:
        raise AttributeError(f"module 'nsparse' has no attribute {name!r}")
    attribute = "judge" if name == "diagnose" else name
    return getattr(import_module(f"nsparse.{_HOME[name]}"), attribute)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
