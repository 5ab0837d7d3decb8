"""LibreOffice as a stand-in for Excel: it really recalculates.

What a cell holds follows Excel where the two differ: a text is typed, not stored (`entering`), a day comes
back as a datetime, an error as the number that COM gives, formulas are in Excel's own writing. LibreOffice
has no hidden names, and a formula that gives TRUE gives 1 here.
"""

from tests.xl_engines.uno_engine.program import Program, program

__all__ = ("Program", "program")
